import { emptyDatabase } from '@carillon/testing'
import t from 'tap'
import { migrateDatabase, openDatabase } from '../../src/db/index.ts'
import { migrateQueue } from '../../src/queue/index.ts'

const tables = [
  'ad_accounts', 'api_keys', 'audit_entries', 'claims', 'connection_events', 'connections', 'deliveries', 'encryption_keys',
  'endpoint_attempts',
  'endpoint_deliveries', 'endpoints', 'event_readers', 'event_requests', 'events', 'grants', 'handshakes', 'host_paces', 'idempotency_keys',
  'inbound_polls', 'insights', 'notices', 'notifications', 'outgoing_budgets', 'progress', 'provider_hosts', 'pulls', 'registrations',
  'revocations', 'segments', 'team_members',
  'teams', 'user_deletions', 'users', 'workers'
]

t.test('creates all tables in an empty database, and changes nothing the second time', async (t) => {
  const { url } = await emptyDatabase(t)
  const { sql, close } = openDatabase({ url, max: 1 })
  t.teardown(close)
  const names = async (): Promise<unknown[]> =>
    (await sql`
      select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
      order by 1`).map((row) => row['relname'])
  t.same(await names(), [])
  await migrateDatabase({ url })
  t.same(await names(), tables)
  const applied = await sql`select hash, created_at from drizzle.__drizzle_migrations`
  t.ok(applied.length > 0)

  await sql`insert into users (id, external_id) values (gen_random_uuid(), 'ann')`
  await migrateDatabase({ url })
  t.same(await sql`select hash, created_at from drizzle.__drizzle_migrations`, applied)
  t.same(await sql`select external_id from users`, [{ external_id: 'ann' }], 'existing rows stay')
})

t.test('keeps what a newer Carillon has stored about its tables', async (t) => {
  const { url } = await emptyDatabase(t)
  await migrateDatabase({ url })
  const { sql, close } = openDatabase({ url, max: 1 })
  t.teardown(close)
  const comment = async () => (await sql`select obj_description('drizzle.__drizzle_migrations'::regclass, 'pg_class') as text`)[0]?.['text']
  t.match(await comment(), /^works with code since \d+$/)
  await sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('newer', 99999999999999)`
  await sql`comment on table drizzle.__drizzle_migrations is 'works with code since 1'`
  await migrateDatabase({ url })
  t.equal(await comment(), 'works with code since 1')
})

t.test('runs one migration at a time when several processes start it', async (t) => {
  const { url } = await emptyDatabase(t)
  await Promise.all(Array.from({ length: 6 }, () => Promise.all([migrateDatabase({ url }), migrateQueue({ url })])))
  const { sql, close } = openDatabase({ url, max: 1 })
  t.teardown(close)
  const [row] = await sql`select count(*)::int as number, count(distinct hash)::int as different from drizzle.__drizzle_migrations`
  t.equal(row?.['number'], row?.['different'], 'each migration ran once')
})

t.test('names the database that it cannot reach, without credentials', async (t) => {
  const error = await migrateDatabase({ url: 'postgres://carillon:hunter2@127.0.0.1:1/carillon' }).catch((error: unknown) => error)
  t.match(error, { code: 'ECONNREFUSED' })
  t.notMatch(String(error), 'hunter2')
})
