import type { DeliveryQueues, SegmentJob, WakeJob } from '@carillon/shared/deliveries'
import { findNotification } from '@carillon/shared/notifications'
import type { JobQueue, NewJob } from '@carillon/shared/queue'
import { backends } from '@carillon/testing'
import t from 'tap'
import { deliverSegment } from '../../src/delivery/deliver-segment.ts'
import { plan } from '../../src/planning/plan.ts'
import { startTestStack } from '../start-test-stack.ts'

const [postgres] = await backends()
if (postgres === undefined) throw new Error('PostgreSQL is always there')
const stack = await startTestStack(t, await postgres.open(t), { start: false })
const { database, connect, notify, services } = stack
const { sql } = database

t.afterEach(async () => {
  await services.breakers.settled()
  await sql`delete from connections`
  await sql`delete from provider_hosts`
})

/** A broadcast of one segment to `count` users, and the jobs that its delivery adds. */
async function openSegment (count: number) {
  await connect(...Array.from({ length: count }, (_, index) => `user-${index}`))
  const { id } = await notify([], { audience: { everyone: true } })
  await plan(services, { notificationId: id })
  const segments: Array<NewJob<SegmentJob>> = []
  const wakes: Array<NewJob<WakeJob>> = []
  const keeping = <Data>(kept: Array<NewJob<Data>>): JobQueue<Data> => ({
    add: async (jobs) => { kept.push(...jobs) },
    live: async () => new Set(),
    waiting: async () => new Set(),
    schedule: async () => {},
    close: async () => {}
  })
  const queues: DeliveryQueues = {
    deliver: new Map([['pushbullet', keeping([])]]),
    broadcast: new Map([['pushbullet', keeping(segments)]]),
    plan: keeping([]),
    wake: keeping(wakes),
    close: async () => {}
  }
  const run = (perSecond = new Map<string, number>()) =>
    deliverSegment({ ...services, queues, perSecond }, 'pushbullet', { notificationId: id, number: 0 })
  const counts = async () => (await findNotification(database, id))?.counts
  return { id, segments, wakes, run, counts }
}

const readHost = async () => (await sql`
  select breaker, turn_at is not null as "hasTurns", retry_at <= now() as "isDue" from provider_hosts where host = ''`)[0]
const insertBreaker = (seconds: number) => sql`
  insert into provider_hosts (provider, host, breaker, opens, opened_at, retry_at)
  values ('pushbullet', '', 'open', 1, now(), now() + ${seconds}::float8 * interval '1 second')`

t.test('requests admission only for its connections', async (t) => {
  const { run, counts } = await openSegment(5)
  await run(new Map([['pushbullet', 20]]))
  t.match(await counts(), { sent: 5 })
  t.match(await readHost(), { hasTurns: false }, 'no request waits behind slots that are not used')
})

t.test('sends the admitted part, and postpones the rest', async (t) => {
  const { id, run, counts, segments } = await openSegment(5)
  await run(new Map([['pushbullet', 2]]))
  t.match(await counts(), { sent: 2, queued: 3 })
  t.match(segments, [{ data: { notificationId: id, number: 0 }, delayMs: Number }])
  t.ok((segments[0]?.delayMs ?? 0) > 0)
})

t.test('postpones the segment while the breaker is open', async (t) => {
  await insertBreaker(600)
  const { id, run, counts, segments } = await openSegment(3)
  await run()
  t.match(await counts(), { queued: 3, sending: 0 })
  t.match(segments, [{ data: { notificationId: id, number: 0 } }])
  t.ok((segments[0]?.delayMs ?? 0) > 60_000)
  t.match((await sql`select due_at > now() + interval '1 minute' as "isLater" from segments where notification_id = ${id}`)[0], { isLater: true })
})

t.test('sends one probe to a provider that failed', async (t) => {
  await insertBreaker(-1)
  const { run, counts } = await openSegment(3)
  await run()
  t.match(await counts(), { sent: 1, queued: 2 })
  t.match(await readHost(), { breaker: 'closed' })
})

t.test('gives the probe back if the segment has nothing to send', async (t) => {
  await insertBreaker(-1)
  const { id, run, counts } = await openSegment(3)
  await sql`update notifications set canceled_at = now() where id = ${id}`
  await run()
  t.match(await counts(), { canceled: 3 })
  t.match(await readHost(), { breaker: 'open', isDue: true })
})

t.test('postpones deliveries of rate-limited connections', async (t) => {
  const { run, counts, wakes } = await openSegment(2)
  await sql`update connections set limited_until = now() + interval '5 minutes'
    where id = (select (array_agg(id))[1] from connections)`
  await run()
  t.match(await counts(), { sent: 1, queued: 1 })
  t.match(wakes, [{ data: { provider: 'pushbullet' } }])
})
