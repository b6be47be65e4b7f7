import { createApiKey, openDatabase, scopes } from '@carillon/shared/db'
import { backends, createSite, ownRedis, spawnApp, testKeys, until } from '@carillon/testing'
import type { BackendEnvironment, Site } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'

/** Sandbox, API and worker as processes of their own, with leases short enough to watch them end. */
async function openCarillon (t: Test, env: BackendEnvironment) {
  const sandbox = spawnApp(t, 'sandbox', { env: { SANDBOX_PORT: '0' } })
  const { url: sandboxUrl } = await sandbox.ready
  const shared = {
    ...env,
    CARILLON_KEYS: testKeys(),
    PORT: '0',
    PUSHBULLET_CLIENT_ID: 'carillon',
    PUSHBULLET_CLIENT_SECRET: 'sandbox-secret',
    PUSHBULLET_AUTHORIZE_URL: `${sandboxUrl}/pushbullet/authorize`,
    PUSHBULLET_API_URL: `${sandboxUrl}/pushbullet`,
    DELIVER_LEASE_SECONDS: '4',
    DELIVER_REQUESTS: '8',
    RECONCILE_SECONDS: '1'
  }
  const api = spawnApp(t, 'api', { env: shared })
  const startWorker = async () => {
    const worker = spawnApp(t, 'worker', { env: shared })
    await worker.ready
    return worker
  }
  const { url: apiUrl } = await api.ready
  const database = openDatabase({ url: env.DATABASE_URL, max: 1 })
  t.teardown(() => database.close())
  const { key } = await createApiKey(database, { name: 'test', scopes: [...scopes] })
  return { site: createSite({ apiUrl, sandboxUrl, operatorKey: key }), startWorker, database }
}

/** As many users, each with an account of their own, brought in as a site would that holds the tokens already. */
async function importUsers (site: Site, count: number): Promise<string[]> {
  const { data } = await site.control<{ data: Array<{ account: string, accessToken: string }> }>(
    'POST', '/accounts', { provider: 'pushbullet', count })
  const connections = data.map(({ account, accessToken }) => ({
    userId: account, provider: 'pushbullet', credentials: { accessToken }, account: { id: account, name: account }
  }))
  await site.api('POST', '/v1/connections/import', { body: { connections } })
  return data.map(({ account }) => account)
}

async function ended (site: Site, id: string, seconds = 60): Promise<Record<string, number>> {
  return until(async () => {
    const { status, counts } = await site.api<{ status: string, counts: Record<string, number> }>('GET', `/v1/notifications/${id}`)
    if (status !== 'completed') throw new Error(JSON.stringify(counts))
    return counts
  }, { timeoutMs: seconds * 1000, everyMs: 200, what: 'completion' })
}

async function rings (site: Site, title: string): Promise<Array<string | undefined>> {
  return (await site.inbox()).filter(({ item }) => item.title === title).map(({ account }) => account)
}

for (const { kind, skip, open } of await backends()) {
  t.test(`with jobs in ${kind}, a worker that is killed while it sends loses and repeats nothing`, { skip }, async (t) => {
    const { site, startWorker, database } = await openCarillon(t, await open(t))
    const users = await importUsers(site, 200)
    await site.control('POST', '/faults', { provider: 'pushbullet', match: 'POST /v2/pushes', delayMs: 60, times: 120 })
    const victim = await startWorker()
    const id = await site.notify(users, 'Survive')
    await until(async () => (await site.inbox()).length > 20)
    await victim.kill()
    const [row] = await database.sql`select count(*)::int as held from deliveries where state = 'sending'`
    t.ok(row?.['held'] > 0, 'it died with deliveries in its hands')

    await startWorker()
    t.match(await ended(site, id), { sent: 200 })
    const accounts = await rings(site, 'Survive')
    t.equal(accounts.length, 200, 'no duplicate')
    t.equal(new Set(accounts).size, 200, 'nobody was left out')
  })

  t.test(`with jobs in ${kind}, a worker that is asked to stop hands back its work and exits 0`, { skip }, async (t) => {
    const { site, startWorker, database } = await openCarillon(t, await open(t))
    const users = await importUsers(site, 100)
    await site.control('POST', '/faults', { provider: 'pushbullet', match: 'POST /v2/pushes', delayMs: 200, times: 60 })
    const worker = await startWorker()
    const id = await site.notify(users, 'Pause')
    await until(async () => (await site.inbox()).length > 0)
    const askedAt = Date.now()
    t.same(await worker.stop('SIGTERM'), { code: 0, signal: undefined })
    t.ok(Date.now() - askedAt < 15_000, 'within 15 seconds')
    const [row] = await database.sql`select count(*) filter (where state = 'sending')::int as held,
      count(*) filter (where state in ('queued', 'retrying'))::int as waiting from deliveries`
    t.equal(row?.['held'], 0, 'nothing is left in its hands')
    t.ok(row?.['waiting'] > 0, 'it did not wait until all was sent')

    await startWorker()
    t.match(await ended(site, id), { sent: 100 })
    t.equal((await rings(site, 'Pause')).length, 100)
  })
}

t.test('a Redis that is wiped after the 202s changes nothing', async (t) => {
  const redis = await ownRedis(t)
  const [postgres] = await backends()
  if (redis === undefined || postgres === undefined) return
  const env = { ...await postgres.open(t), REDIS_URL: redis.url, QUEUE_PREFIX: redis.prefix }
  const { site, startWorker } = await openCarillon(t, env)
  const users = await importUsers(site, 50)
  await startWorker()
  const ids = await Promise.all(Array.from({ length: 20 }, (_, index) => site.notify(users, `Wiped ${index}`)))
  await redis.flush()
  for (const id of ids) t.match(await ended(site, id), { sent: 50 })
  t.equal((await site.inbox()).length, 20 * 50)

  const after = await site.notify(users, 'After')
  t.match(await ended(site, after), { sent: 50 }, 'and the worker goes on')
})
