import t from 'tap'
import { eraseAuditAddresses, recordAudit, sweepAudit } from '../../src/audit/index.ts'
import type { AuditEntry } from '../../src/audit/index.ts'
import { inTransaction, newId } from '../../src/db/index.ts'
import { runWithRequestId } from '../../src/log/index.ts'
import { openTestDatabase } from '../open-test-database.ts'

const database = await openTestDatabase(t)
const { sql, db } = database

const entry = (change: Partial<AuditEntry> = {}): AuditEntry => ({
  actor: { kind: 'operator', name: 'root@web1' }, action: 'endpoint.changed', target: { kind: 'endpoint', id: newId() }, ...change
})
const countEntries = async (): Promise<number> => Number((await sql`select count(*) from audit_entries`)[0]?.['count'])

t.test('records who did what, and the request and the address it came from', async (t) => {
  const [key, connection, user] = [newId(), newId(), newId()]
  await runWithRequestId('order-1042', () => recordAudit(database, {
    actor: { kind: 'apiKey', id: key },
    action: 'connection.disconnected',
    target: { kind: 'connection', id: connection },
    userId: user,
    details: { provider: 'slack' }
  }), '192.0.2.7')
  t.match(await sql`select *, details ->> 'provider' as provider from audit_entries`, [{
    action: 'connection.disconnected',
    actor_kind: 'apiKey',
    actor_id: key,
    operator: null,
    target_kind: 'connection',
    target_id: `con_${connection}`,
    user_id: user,
    team_id: null,
    request_id: 'order-1042',
    ip_address: '192.0.2.7',
    provider: 'slack'
  }])
})

t.test('records no address that a proxy made up', async (t) => {
  const target = { kind: 'endpoint', id: newId() } as const
  for (const address of ['unknown', '192.0.2.7, 10.0.0.1', '']) {
    await runWithRequestId('r', () => recordAudit(database, entry({ target })), address)
  }
  const rows = await sql`select ip_address from audit_entries where target_id = ${`end_${target.id}`}`
  t.same(rows.map((row) => row['ip_address']), [null, null, null])
})

t.test('an act that is rolled back leaves no entry, whichever interface it uses', async (t) => {
  const before = await countEntries()
  const failure = new Error('the act failed')
  await t.rejects(inTransaction(database, async (tx) => {
    await recordAudit(tx, entry())
    await tx.sql`insert into users (id, external_id) values (${newId()}, 'never')`
    throw failure
  }), failure)
  await t.rejects(db.transaction(async (tx) => {
    await recordAudit({ db: tx }, entry())
    throw failure
  }), failure)
  t.equal(await countEntries(), before)
  t.same(await sql`select from users`, [])
})

t.test('an act that cannot be recorded does not happen', async (t) => {
  await t.rejects(inTransaction(database, async (tx) => {
    await tx.sql`insert into users (id, external_id) values (${newId()}, 'unrecorded')`
    await recordAudit(tx, entry({ actor: { kind: 'apiKey', id: 'no id' } }))
  }))
  t.same(await sql`select from users`, [])
})

t.test('transactions within the transaction are savepoints of it', async (t) => {
  const add = async (within: typeof database, name: string): Promise<void> => {
    await within.sql`insert into users (id, external_id) values (${newId()}, ${name})`
  }
  const result = await inTransaction(database, async (tx) => {
    await t.rejects(tx.sql.begin(async (sql) => {
      await sql`insert into users (id, external_id) values (${newId()}, 'undone')`
      throw new Error('undo')
    }), { message: 'undo' })
    await t.rejects(tx.db.transaction(async (inner) => {
      await inner.execute('select no_such_column')
    }))
    await t.rejects(inTransaction({ ...database, ...tx }, async (inner) => {
      await add({ ...database, ...inner }, 'undone too')
      throw new Error('undo')
    }), { message: 'undo' })
    await inTransaction(tx, (inner) => add({ ...database, ...inner }, 'kept'))
    return [1, 2]
  })
  t.same(result, [1, 2])
  t.same(await sql`select external_id from users`, [{ external_id: 'kept' }])
})

t.test('nothing changes or deletes an entry', async (t) => {
  await recordAudit(database, entry(), entry({ actor: { kind: 'user', id: newId() } }))
  const before = await sql`select * from audit_entries order by id`
  const refused = { code: '42501', message: /append-only/ }
  await t.rejects(sql`update audit_entries set action = 'api_key.created'`, refused)
  await t.rejects(sql`update audit_entries set created_at = now()`, refused)
  await t.rejects(sql`update audit_entries set details = '{}', ip_address = null`, refused, 'also not without a change')
  await t.rejects(sql`delete from audit_entries`, refused)
  await t.rejects(sql`truncate audit_entries`, refused)
  await t.rejects(sql`truncate audit_entries, users cascade`, refused)
  await t.rejects(sql`insert into audit_entries (id, action, actor_kind, target_kind, target_id)
    select id, action, 'system', target_kind, target_id from audit_entries
    on conflict (id) do update set actor_kind = 'system', actor_id = null, operator = null`, refused)
  t.same(await sql`select * from audit_entries order by id`, before)
})

t.test('the retention deletes old entries, and no younger ones', async (t) => {
  await recordAudit(database, entry())
  const before = await countEntries()
  const age = (days: number) => sql`
    insert into audit_entries (id, created_at, action, actor_kind, operator, target_kind, target_id)
    select uuid_since(moment), moment, 'endpoint.changed', 'operator', 'root@web1', 'endpoint', 'end_old'
    from (select now() - ${days} * interval '1 day' as moment) as past`
  await age(400)
  await age(100)
  t.equal(await sweepAudit(database, 365), 1)
  t.equal(await countEntries(), before + 1)
  t.equal(await sweepAudit(database, 30), 1)
  t.equal(await countEntries(), before, 'the others are of this month')
  await t.rejects(sweepAudit(database, -1), { code: '42501' }, 'whatever a program asks for')
})

t.test('erases the addresses of one user, and nothing else', async (t) => {
  const [ann, bob] = [newId(), newId()]
  await runWithRequestId('r', () => recordAudit(database,
    entry({ actor: { kind: 'user', id: ann } }), entry({ actor: { kind: 'user', id: bob } })), '2001:db8::7')
  const read = (id: string) => sql`select to_jsonb(audit_entries) - 'ip_address' as rest, ip_address as address from audit_entries where actor_id = ${id}`
  const [before] = await read(ann)
  await eraseAuditAddresses(database, ann)
  t.same((await read(ann))[0], { ...before, address: null })
  t.equal((await read(bob))[0]?.['address'], '2001:db8::7')
})
