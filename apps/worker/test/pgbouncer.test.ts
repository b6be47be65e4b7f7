import { createApiKey } from '@carillon/shared/api-keys'
import { openDatabase, scopes } from '@carillon/shared/db'
import { backends, createSite, sandboxEnvironment, spawnApp, startPgBouncer, testKeys } from '@carillon/testing'
import t from 'tap'

const [, redis] = await backends()
const people = Array.from({ length: 24 }, (_, index) => `user-${index}`)

t.test('migrates, connects and delivers through a PgBouncer in transaction mode', { skip: redis?.skip ?? true }, async (t) => {
  if (redis === undefined) return
  const env = await redis.open(t)
  const direct = openDatabase({ url: env.DATABASE_URL, max: 1 })
  t.teardown(direct.close)
  await direct.sql.unsafe('drop schema public, drizzle, bullmq cascade; create schema public')
  const bouncer = await startPgBouncer(t, env.DATABASE_URL)
  if (bouncer === undefined) return

  const unnamed = spawnApp(t, 'worker', { env: { ...env, DATABASE_URL: bouncer.url, CARILLON_KEYS: testKeys() } })
  t.match(await unnamed.exited, { code: 1 })
  t.match(unnamed.stderr, [/^DATABASE_URL leads to a pooler such as PgBouncer, .* Add pgbouncer=true to DATABASE_URL, and set REDIS_URL\.$/])

  const DATABASE_URL = `${bouncer.url}?pgbouncer=true`
  // Two migrations run at the same time: a session lock would stay with PgBouncer's connection and block the next migration.
  const migrations = ['first', 'second'].map(() => spawnApp(t, 'cli', { env: { DATABASE_URL }, args: ['migrate'] }))
  for (const migration of migrations) t.match(await migration.exited, { code: 0 }, migration.output())
  t.same(await direct.sql`select 1 from pg_locks where locktype = 'advisory'
    and database = (select oid from pg_database where datname = current_database())`, [], 'no lock is left')

  const sandbox = spawnApp(t, 'sandbox', { env: { SANDBOX_PORT: '0' } })
  const { url: sandboxUrl } = await sandbox.ready
  const shared = {
    ...env,
    DATABASE_URL,
    CARILLON_KEYS: testKeys(),
    PORT: '0',
    ...await sandboxEnvironment(sandboxUrl, 'pushbullet')
  }
  const api = spawnApp(t, 'api', { env: shared })
  const worker = spawnApp(t, 'worker', { env: shared })
  const [{ url: apiUrl }] = await Promise.all([api.ready, worker.ready])
  const { key } = await createApiKey(direct, { name: 'test', scopes: [...scopes] })
  const site = createSite({ apiUrl, sandboxUrl, operatorKey: key })

  // PgBouncer passes no notifications on, so the API polls for events.
  const stream = await fetch(`${apiUrl}/v1/events/stream?type=notification.completed`, { headers: { authorization: `Bearer ${key}` } })
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
  t.teardown(() => reader?.cancel())

  // They run at the same time, so that they share PgBouncer's four connections.
  const connections = await Promise.all(people.map((userId) => site.connect(userId)))
  const id = await site.notify(people, 'Through PgBouncer')
  await Promise.all(connections.map((connectionId) => site.delivery(id, connectionId, 'sent')))
  const received = (await site.inbox()).filter(({ item }) => item.title === 'Through PgBouncer')
  t.same(received.map(({ account }) => account).sort(), [...people].sort(), 'each once')
  let streamed = ''
  while (!streamed.includes('data: ')) streamed += (await reader?.read())?.value ?? ''
  t.match(streamed, /event: notification\.completed\nid: evt_/)
  t.match(await site.api('GET', '/readyz'), { status: 'ok' })

  t.match(await worker.stop(), { code: 0 })
  t.match(await api.stop(), { code: 0 })
  const failures = [...api.stdout, ...worker.stdout].filter((line) => /"level":50|prepared statement/.test(line))
  t.same(failures, [], 'and no statement failed')
})

t.test('names an unsupported session setting of PgBouncer', async (t) => {
  if (redis === undefined) return
  const env = await redis.open(t)
  const direct = openDatabase({ url: env.DATABASE_URL, max: 1 })
  t.teardown(direct.close)
  await direct.sql.unsafe(`alter database "${new URL(env.DATABASE_URL).pathname.slice(1)}" set bytea_output = 'escape'`)
  const bouncer = await startPgBouncer(t, env.DATABASE_URL)
  if (bouncer === undefined) return
  const worker = spawnApp(t, 'worker', {
    env: { ...env, DATABASE_URL: `${bouncer.url}?pgbouncer=true`, CARILLON_KEYS: testKeys() }
  })
  t.match(await worker.exited, { code: 1 })
  t.match(worker.stderr, [/^DATABASE_URL: sessions have bytea_output = escape, and Carillon needs hex\. .*alter role … set bytea_output = 'hex'\.$/])
})
