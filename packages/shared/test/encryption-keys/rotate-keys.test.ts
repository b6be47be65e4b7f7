import t from 'tap'
import { createRegistrations, saveConnections } from '../../src/connections/index.ts'
import { newId, openDatabase } from '../../src/db/index.ts'
import type { Database } from '../../src/db/index.ts'
import { countValues, findMissingKeys, listKeyRecords, rotateKeys, startKeyReports } from '../../src/encryption-keys/index.ts'
import type { RotationProgress } from '../../src/encryption-keys/index.ts'
import { createEndpoint } from '../../src/endpoints/index.ts'
import { queueRevocation } from '../../src/grants/index.ts'
import { createHandshake, keepNewSecret, sealPendingAuthorization } from '../../src/handshakes/index.ts'
import { createIdempotencyStore } from '../../src/idempotency/index.ts'
import { storeMessage } from '../../src/inbound/index.ts'
import { createLog } from '../../src/log/index.ts'
import { createVault, identifyKey, sealContext, sealedColumns } from '../../src/vault/index.ts'
import type { SealedColumnName, Vault, VaultKey } from '../../src/vault/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { ensureUsers, grantOf } from '../people.ts'

const oldKey: VaultKey = { id: 'old', secret: Buffer.alloc(32, 1) }
const newKey: VaultKey = { id: 'new', secret: Buffer.alloc(32, 2) }
const keys: [VaultKey, VaultKey] = [newKey, oldKey]
const oldVault = createVault([oldKey])
const actor = { kind: 'operator', name: 'root@test' } as const
const log = createLog({ name: 'test', level: 'fatal' })
const never = { onProgress: () => {}, signal: new AbortController().signal }

/** A value in each sealed column. */
async function fill (database: Database, vault: Vault): Promise<void> {
  const [userId = ''] = await ensureUsers(database, ['ann'])
  const shared = { ...grantOf('ann'), shared: { key: 'workspace', target: { channel: 'C1' } } }
  await saveConnections(database, vault, [{ userId, provider: 'slack', grant: shared }])
  await queueRevocation(database, vault, { connectionId: null, provider: 'slack', accountId: 'a', credentials: { accessToken: 'left' } })
  await createRegistrations(database, vault).obtain('pumpio', 'pump.example', async () => ({ clientId: 'c', clientSecret: 's' }))
  await createEndpoint(database, vault, { id: newId(), url: 'https://site.example', description: null, events: ['*'], enabled: true })
  await storeMessage(database, vault, 'facebook', { id: 'm1', events: [{ kind: 'accountRemoved', accountId: 'a', issuedAt: new Date() }] })
  const pendingId = newId()
  await createHandshake(database, {
    id: pendingId, userId, provider: 'slack', returnTo: undefined, pending: sealPendingAuthorization(vault, pendingId, { pending: { state: 's' } })
  }, Date.now())
  const doneId = await createHandshake(database, { userId, provider: 'ntfy', kind: 'paste', returnTo: undefined }, Date.now())
  const { newSecret } = keepNewSecret(vault, doneId, { label: 'Topic', value: 't', hint: 'Keep it.' }, Date.now())
  await database.sql`
    update handshakes set status = 'completed', claimed_at = now(), new_secret = ${newSecret}, connection_id = (select id from connections limit 1)
    where id = ${doneId}`
  const store = createIdempotencyStore({ database, vault })
  const state = await store.claim({ callerId: newId(), key: 'k1', fingerprint: 'f' })
  if (state.kind === 'claimed') await store.complete(state.claim, { status: 200, headers: {}, body: '{}' })
}

async function lockGrant (database: Database, id: string): Promise<{ release: () => Promise<unknown> }> {
  let release = (): void => {}
  const isReleased = new Promise<void>((resolve) => { release = resolve })
  let holding: Promise<unknown> = Promise.resolve()
  await new Promise<void>((resolve) => {
    holding = database.sql.begin(async (tx) => {
      await tx`select from grants where id = ${id} for update`
      resolve()
      await isReleased
    })
  })
  return {
    release: async () => {
      release()
      await holding
    }
  }
}

/** Every value, opened. */
async function readAll (database: Database, vault: Vault): Promise<Array<[string, string]>> {
  const names = Object.keys(sealedColumns) as SealedColumnName[]
  const read = await Promise.all(names.map(async (name) => {
    const { table, column, rowKey } = sealedColumns[name]
    const rows = await database.sql`select * from ${database.sql(table)} where ${database.sql(column)} is not null`
    return rows.map((row): [string, string] => {
      const context = sealContext(name, ...rowKey.map(([key]) => String(row[key])))
      return [name, vault.open(row[column], context)]
    })
  }))
  return read.flat()
}

t.test('encrypts every sealed column with the first key, and changes nothing else', async (t) => {
  const database = await openTestDatabase(t)
  await fill(database, oldVault)
  const before = await readAll(database, oldVault)
  t.same(before.map(([name]) => name), Object.keys(sealedColumns), 'each column has a value')
  const [grant] = await database.sql`select version, updated_at from grants`
  const progress: number[] = []

  const onProgress = ({ rotated, total }: RotationProgress) => { progress.push(rotated, total) }
  const result = await rotateKeys({ database, vault: createVault(keys), keys, actor }, { ...never, onProgress })
  t.match(result, { rotated: before.length, total: before.length, left: [], isAborted: false })
  t.same(progress.slice(-2), [before.length, before.length])
  t.same(await readAll(database, createVault([newKey])), before, 'the new key alone decrypts all')
  t.same((await database.sql`select version, updated_at from grants`)[0], grant)
  t.match(await rotateKeys({ database, vault: createVault(keys), keys, actor }, never), { rotated: 0, total: 0, left: [] }, 'the second run finds nothing')
  t.match(await database.sql`select action, actor_kind, operator, target_id, details from audit_entries`, [{
    action: 'encryption_key.rotated', actor_kind: 'operator', operator: 'root@test', target_id: 'new', details: { from: ['old'], values: before.length }
  }], 'one entry')
})

t.test('a token that is stored meanwhile takes precedence, and a locked row is rotated later', async (t) => {
  const database = await openTestDatabase(t)
  const userIds = await ensureUsers(database, Array.from({ length: 1_200 }, (_, index) => `user-${index}`))
  const saved = await saveConnections(database, oldVault, userIds.map((userId, index) => ({ userId, provider: 'pushbullet', grant: grantOf(`${index}`) })))
  const ids = saved.map(({ id }) => id).sort()
  const [refreshed = '', locked = ''] = [ids[600], ids[1_199]]
  const holder = await lockGrant(database, locked)

  // With one connection, the statement of the refresh comes after the values were read, and before they are replaced.
  const single = openDatabase({ url: database.url, max: 1 })
  t.teardown(() => single.close())
  const fresh = oldVault.seal('{"accessToken":"fresh"}', sealContext('grants.credentials', refreshed))
  let refreshing: Promise<unknown> | undefined
  const vault = createVault(keys)
  const racing: Vault = {
    ...vault,
    seal (plaintext, context) {
      if (context.id === refreshed) {
        refreshing ??= single.sql`update grants set credentials = ${fresh}, version = version + 1 where id = ${refreshed}`.execute()
      }
      return vault.seal(plaintext, context)
    }
  }
  const first = await rotateKeys({ database: single, vault: racing, keys, actor }, never)
  await refreshing
  t.match(first, { rotated: 1_199, left: [{ id: 'old', column: 'grants.credentials', values: 1 }] }, 'all but the locked one')
  await holder.release()
  t.match(await rotateKeys({ database, vault, keys, actor }, never), { rotated: 1, left: [] })

  const rows = await database.sql`select id, credentials from grants order by id`
  const tokens = rows.map((row) => JSON.parse(createVault([newKey]).open(row['credentials'], sealContext('grants.credentials', row['id']))).accessToken)
  t.equal(tokens[ids.indexOf(refreshed)], 'fresh')
  t.equal(new Set(tokens).size, 1_200, 'nothing was lost')
})

t.test('waits for a locked row, also if it is the only one that is left', async (t) => {
  const database = await openTestDatabase(t)
  const [userId = ''] = await ensureUsers(database, ['ann'])
  await saveConnections(database, oldVault, [{ userId, provider: 'pushbullet', grant: grantOf('ann') }])
  const [grant] = await database.sql`select id from grants`
  const holder = await lockGrant(database, grant?.['id'])
  let releasing: Promise<unknown> | undefined
  const onProgress = () => { releasing ??= holder.release() }
  const result = await rotateKeys({ database, vault: createVault(keys), keys, actor }, { ...never, onProgress })
  await releasing
  t.match(result, { rotated: 1, left: [] })
})

t.test('replaces a few large values at a time', async (t) => {
  const database = await openTestDatabase(t)
  const store = createIdempotencyStore({ database, vault: oldVault })
  const callers = Array.from({ length: 5 }, () => newId())
  for (const [index, callerId] of callers.entries()) {
    const state = await store.claim({ callerId, key: 'k1', fingerprint: 'f' })
    const body = 'x'.repeat(index === 0 ? 4_000_000 : 1_200_000)
    if (state.kind === 'claimed') await store.complete(state.claim, { status: 200, headers: {}, body })
  }
  const progress: number[] = []
  const onProgress = ({ rotated }: RotationProgress) => { progress.push(rotated) }
  const result = await rotateKeys({ database, vault: createVault(keys), keys, actor }, { ...never, onProgress })
  t.match(result, { rotated: 5, left: [] })
  t.same(progress, [1, 3, 5], 'the largest alone, and the others in pairs')
})

t.test('leaves values that no key decrypts, and reports them', async (t) => {
  const database = await openTestDatabase(t)
  await fill(database, createVault([{ id: 'lost', secret: Buffer.alloc(32, 9) }]))
  const before = await countValues(database)
  const result = await rotateKeys({ database, vault: createVault(keys), keys, actor }, never)
  t.equal(result.rotated, 0)
  t.same(result.left, before)
  t.same(await countValues(database), before)
})

t.test('stops at an abort, and continues in the next run', async (t) => {
  const database = await openTestDatabase(t)
  const userIds = await ensureUsers(database, Array.from({ length: 1_200 }, (_, index) => `user-${index}`))
  await saveConnections(database, oldVault, userIds.map((userId, index) => ({ userId, provider: 'pushbullet', grant: grantOf(`${index}`) })))
  const controller = new AbortController()
  const { signal } = controller
  const services = { database, vault: createVault(keys), keys, actor }
  const first = await rotateKeys(services, { onProgress: () => { controller.abort() }, signal })
  t.match(first, { rotated: 500, total: 1_200, isAborted: true })
  t.match(await rotateKeys({ database, vault: createVault(keys), keys, actor }, never), { rotated: 700, total: 700, left: [] })
})

t.test('a program does not start without a key that stored values need', async (t) => {
  const database = await openTestDatabase(t)
  const start = (...keys: [VaultKey, ...VaultKey[]]) => startKeyReports({ database, keys, log })
  const first = await start(oldKey)
  await first.close()
  await fill(database, oldVault)
  const values = Object.keys(sealedColumns).length
  await t.rejects(start(newKey), { name: 'StoreError', message: new RegExp(`CARILLON_KEYS lacks the key old, which encrypted ${values} stored values`) })
  await t.rejects(start({ ...newKey, id: 'old' }), { name: 'StoreError', message: new RegExp(`another value for the key old than the one that encrypted ${values} stored values`) })
  t.same((await listKeyRecords(database)).map(({ id }) => id), ['old'], 'a program that did not start has recorded nothing')

  const both = await start(...keys)
  await both.close()
  await database.sql`update encryption_keys set used_at = now() - interval '31 seconds' where id = 'old'`
  await rotateKeys({ database, vault: createVault(keys), keys, actor }, never)
  t.same((await listKeyRecords(database)).map(({ id }) => id), ['new'], 'the old key is forgotten')
  const last = await start(newKey)
  await last.close()
})

t.test('forgets a recorded key that encrypts nothing, unless a process uses it', async (t) => {
  const database = await openTestDatabase(t)
  const first = await startKeyReports({ database, keys: [oldKey], log })
  await first.close()
  t.same(await findMissingKeys(database, [newKey]), [])
  t.same((await listKeyRecords(database)).map(({ id, fingerprint }) => ({ id, fingerprint })), [identifyKey(oldKey)])
  await database.sql`update encryption_keys set used_at = now() - interval '31 seconds'`
  t.same(await findMissingKeys(database, [newKey]), [])
  t.same(await listKeyRecords(database), [])
})
