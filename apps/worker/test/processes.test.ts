import { optInEventTypes, publicId } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import { assignPositions, readEvents } from '@carillon/shared/events'
import { createVault, parseVaultKeys } from '@carillon/shared/vault'
import { backends, ownRedis, spawnApp, until } from '@carillon/testing'
import type { BackendEnvironment, Site } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { ended, importUsers, openProcesses } from './open-processes.ts'
import { openReceiver } from './webhooks/open-receiver.ts'

// Each test has its own database and processes and mostly waits, so they run at the same time.
t.jobs = 2

/** Leases are short, so that the tests see them end. */
const leases = { DELIVER_LEASE_SECONDS: '15', DELIVER_MAX_IN_FLIGHT: '24' }
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
    vault: createVault(parseVaultKeys(env.CARILLON_KEYS)),
    letGo: () => site.control('DELETE', '/faults'),
    /** The provider responds to this many requests. Later ones wait until the fault is removed. */
    holdAfter: async (times: number) => {
      for (const fault of [{ delayMs: 0, times }, { delayMs: 600_000 }]) await site.control('POST', '/faults', { ...push, ...fault })
    },
    isHeldBack: async () => {
      const { data } = await site.control<{ data: Array<{ struck: number }> }>('GET', '/faults')
      return (data.at(-1)?.struck ?? 0) > 0
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

/** The final states of a notification and of its deliveries in the database. */
async function finalStates ({ sql }: Database, id: string): Promise<string[]> {
  const rows = await sql<Array<{ connectionId: string, state: string }>>`
    select connection_id as "connectionId", state from deliveries where notification_id = ${id.slice('ntf_'.length)}`
  return [`${id} completed`, ...rows.map(({ connectionId, state }) => `${publicId('connection', connectionId)} ${state}`)].sort()
}

interface EventData {
  notificationId: string
  status: string
  deliveries: Array<{ notificationId: string, connectionId: string }>
}

/** The final states of a notification and of its deliveries that events report. */
function reportedStates (events: Array<{ type: string, data: object }>, id: string): string[] {
  return events.flatMap(({ type, data }) => {
    const { notificationId, status, deliveries = [] }: Partial<EventData> = data
    if (type === 'notification.completed') return notificationId === id ? [`${id} ${status}`] : []
    const state = type.slice('delivery.'.length)
    return deliveries.filter((one) => one.notificationId === id).map(({ connectionId }) => `${connectionId} ${state}`)
  }).sort()
}

for (const { kind, skip, open } of await backends()) {
  t.test(`with jobs in ${kind}, a worker`, { skip }, async (t) => {
    const { site, startWorker, database, vault, letGo, holdAfter, isHeldBack } = await openCarillon(t, await open(t), soon)
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
      const rows = async () => [...await database.sql`
        select * from deliveries where notification_id = ${id.slice('ntf_'.length)} order by connection_id`]
      const before = await rows()

      process.kill(sleeper.pid, 'SIGCONT')
      await other.stop()
      t.match(await ended(site, await site.notify(users, 'Awake')), { sent: 50 }, 'it works on')
      // A worker stops when its batches have ended, also one whose lease is over.
      t.match(await sleeper.stop(), { code: 0 })
      t.same(await rows(), before)
      t.equal((await accountsWith(site, 'Asleep')).length, 50, 'no user receives it twice')
    })

    t.test('that is killed three times in one broadcast loses and repeats no delivery and no event', async (t) => {
      const types = ['notification.completed', ...optInEventTypes] as const
      const receiver = await openReceiver(t, { database, vault }, [...types])
      const start = await assignPositions(database)
      await importUsers(site, 250)
      const [{ audience }] = await database.sql<[{ audience: number }]>`select count(*)::int as audience from connections`
      await site.control('POST', '/faults', { ...push, status: 400, times: 5 })
      await holdAfter(100)
      receiver.respondWith(() => {})
      let worker = await startWorker(t)
      const { id } = await site.api<{ id: string }>('POST', '/v1/notifications', {
        body: { audience: { everyone: true }, message: { type: 'note', title: 'Everybody' } }
      })
      const hasFailed = async () => (await finalStates(database, id)).filter((line) => line.endsWith(' failed')).length === 5
      // A retry after the kill would succeed.
      await until(hasFailed, { what: 'the failures in the database' })
      for (let kills = 0; kills < 3; kills++) {
        const before = receiver.received.length
        await until(isHeldBack)
        await until(() => receiver.received.length > before, { what: 'a request to the endpoint' })
        await worker.kill()
        t.ok((await states(database, id)).held > 0, 'it died with deliveries in its hands')
        await letGo()
        if (kills < 2) await holdAfter(100)
        else receiver.accept()
        await endLeases()
        const { count } = await database.sql`update endpoint_deliveries set next_attempt_at = now() where state = 'sending'`
        t.ok(count > 0, 'and with requests to the endpoint')
        worker = await startWorker(t)
      }
      t.match(await ended(site, id), { sent: audience - 5, failed: 5, unknown: 0 })
      const accounts = await accountsWith(site, 'Everybody')
      t.equal(accounts.length, audience - 5, 'no duplicate')
      t.equal(new Set(accounts).size, audience - 5, 'every user gets it except those whom the provider refused')

      const final = await finalStates(database, id)
      t.equal(final.length, audience + 1)
      const { events } = await readEvents(database, { after: start, limit: 10_000, types })
      t.same(reportedStates(events, id), final, 'the event log has each state once')
      await until(() => {
        const ids = new Set(receiver.received.map(({ event }) => event.id))
        return events.every((event) => ids.has(event.id))
      }, { what: 'all events at the endpoint' })
      const unique = new Map(receiver.received.map(({ event }) => [event.id, event]))
      t.same(reportedStates([...unique.values()], id), final, 'the endpoint receives each state, too')
      t.same(receiver.errors, [])
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
