import type { Database } from '@carillon/shared/db'
import { backends, ownRedis, spawnApp, until } from '@carillon/testing'
import type { BackendEnvironment, Site } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { ended, importUsers, openProcesses } from './open-processes.ts'

// The tests start about twenty-five processes.
t.setTimeout(800_000)
// Each test has its own database and processes and mostly waits, so they run at the same time.
t.jobs = 2

/** Leases are short, so that the tests see them end. */
const leases = { DELIVER_LEASE_SECONDS: '15', DELIVER_REQUESTS: '8' }
/** For tests that lose work on purpose. Elsewhere an hour, so that reconcile does not repair a lost wake-up. */
const soon = { ...leases, RECONCILE_SECONDS: '1' }
const hourly = { ...leases, RECONCILE_SECONDS: '3600' }
const push = { provider: 'pushbullet', match: 'POST /v2/pushes' }

async function openCarillon (t: Test, stores: BackendEnvironment, settings: Record<string, string>) {
  const { site, env, database } = await openProcesses(t, stores, settings)
  const startWorker = async (t: Test) => {
    const worker = spawnApp(t, 'worker', { env })
    await worker.ready
    return worker
  }
  return {
    site,
    startWorker,
    database,
    letGo: () => site.control('DELETE', '/faults'),
    /** The provider responds to this many requests. Later ones wait until the fault is removed. */
    holdAfter: async (times: number) => {
      for (const fault of [{ delayMs: 0, times }, { delayMs: 600_000 }]) await site.control('POST', '/faults', { ...push, ...fault })
    },
    isHeldBack: async () => {
      const { data } = await site.control<{ data: Array<{ struck: number }> }>('GET', '/faults')
      return (data[1]?.struck ?? 0) > 0
    }
  }
}

async function accountsWith (site: Site, title: string): Promise<Array<string | undefined>> {
  return (await site.inbox()).filter(({ item }) => item.title === title).map(({ account }) => account)
}

async function states ({ sql }: Database, id: string): Promise<{ held: number, waiting: number }> {
  const [row] = await sql`select count(*) filter (where state = 'sending')::int as held,
    count(*) filter (where state in ('queued', 'retrying'))::int as waiting from deliveries where notification_id = ${id.slice('ntf_'.length)}`
  return { held: row?.['held'], waiting: row?.['waiting'] }
}

for (const { kind, skip, open } of await backends()) {
  t.test(`with jobs in ${kind}, a worker`, { skip }, async (t) => {
    const { site, startWorker, database, letGo, holdAfter, isHeldBack } = await openCarillon(t, await open(t), soon)
    /** Ends the leases of killed workers. */
    const endLeases = () => database.sql`update claims set until = now() - interval '1 second'`

    t.test('that is killed while it sends loses and repeats no delivery', async (t) => {
      const users = await importUsers(site, 200)
      await holdAfter(20)
      const victim = await startWorker(t)
      const id = await site.notify(users, 'Survive')
      await until(isHeldBack)
      await victim.kill()
      t.ok((await states(database, id)).held > 0, 'it died with deliveries in its hands')
      await letGo()
      await endLeases()

      await startWorker(t)
      t.match(await ended(site, id), { sent: 200 })
      const accounts = await accountsWith(site, 'Survive')
      t.equal(accounts.length, 200, 'no duplicate')
      t.equal(new Set(accounts).size, 200, 'every user gets it')
    })

    t.test('that was frozen beyond its lease changes nothing when it continues', async (t) => {
      const users = await importUsers(site, 50)
      await holdAfter(5)
      const sleeper = await startWorker(t)
      const id = await site.notify(users, 'Asleep')
      await until(isHeldBack)
      process.kill(sleeper.pid, 'SIGSTOP')
      t.ok((await states(database, id)).held > 0, 'it fell asleep with deliveries in its hands')
      await letGo()
      // The lease ends by its own time, because it must also be over for the frozen process.
      const other = await startWorker(t)
      t.match(await ended(site, id), { sent: 50 })
      const rows = async () => [...await database.sql`select * from deliveries order by notification_id, connection_id`]
      const before = await rows()

      process.kill(sleeper.pid, 'SIGCONT')
      await until(() => sleeper.stdout.some((line) => JSON.parse(line).msg === 'batch'))
      t.same(await rows(), before)
      t.equal((await accountsWith(site, 'Asleep')).length, 50, 'no user receives it twice')

      await other.stop()
      t.match(await ended(site, await site.notify(users, 'Awake')), { sent: 50 }, 'and works on')
    })

    t.test('that is killed three times in one broadcast loses and repeats no delivery', async (t) => {
      await importUsers(site, 800)
      const [{ audience }] = await database.sql<[{ audience: number }]>`select count(*)::int as audience from connections`
      await holdAfter(100)
      let worker = await startWorker(t)
      const { id } = await site.api<{ id: string }>('POST', '/v1/notifications', {
        body: { audience: { everyone: true }, message: { type: 'note', title: 'Everybody' } }
      })
      for (let kills = 0; kills < 3; kills++) {
        await until(isHeldBack)
        await worker.kill()
        t.ok((await states(database, id)).held > 0, 'it died with deliveries in its hands')
        await letGo()
        if (kills < 2) await holdAfter(100)
        await endLeases()
        worker = await startWorker(t)
      }
      t.match(await ended(site, id, 180), { sent: audience, failed: 0, unknown: 0 })
      const accounts = await accountsWith(site, 'Everybody')
      t.equal(accounts.length, audience, 'no duplicate')
      t.equal(new Set(accounts).size, audience, 'every user gets it')
      const [rows] = await database.sql`select count(*)::int as sent from deliveries where state = 'sent' and notification_id = ${id.slice(4)}`
      t.equal(rows?.['sent'], audience)
    })
  })

  t.test(`with jobs in ${kind}, a worker that is asked to stop, even twice, hands back its work and exits 0`, { skip }, async (t) => {
    const { site, startWorker, database, letGo, holdAfter, isHeldBack } = await openCarillon(t, await open(t), hourly)
    const users = await importUsers(site, 100)
    await holdAfter(5)
    const worker = await startWorker(t)
    const id = await site.notify(users, 'Pause')
    await until(isHeldBack)
    const stopped = worker.stop('SIGTERM')
    await until(() => worker.output().includes('stopping'))
    const stoppedAgain = worker.stop('SIGTERM')
    await letGo()
    t.same(await stopped, { code: 0, signal: undefined }, 'it exits 1 when it takes too long')
    await stoppedAgain
    const { held, waiting } = await states(database, id)
    t.equal(held, 0, 'nothing is left in its hands')
    t.ok(waiting > 0, 'it did not wait until all was sent')

    await startWorker(t)
    t.match(await ended(site, id), { sent: 100 })
    t.equal((await accountsWith(site, 'Pause')).length, 100)
  })
}

t.test('no accepted notification is lost when Redis loses its data', async (t) => {
  const redis = await ownRedis(t)
  const [postgres] = await backends()
  if (redis === undefined || postgres === undefined) return
  const env = { ...await postgres.open(t), REDIS_URL: redis.url, QUEUE_PREFIX: redis.prefix }
  const { site, startWorker } = await openCarillon(t, env, soon)
  const users = await importUsers(site, 50)
  await startWorker(t)
  const ids = await Promise.all(Array.from({ length: 20 }, (_, index) => site.notify(users, `Wiped ${index}`)))
  await redis.flush()
  for (const id of ids) t.match(await ended(site, id), { sent: 50 })
  t.equal((await site.inbox()).length, 20 * 50)

  const after = await site.notify(users, 'After')
  t.match(await ended(site, after), { sent: 50 }, 'and the worker goes on')
})
