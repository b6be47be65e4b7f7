import { backends, until } from '@carillon/testing'
import t from 'tap'
import { openDatabase } from '../../src/db/index.ts'
import type { Database } from '../../src/db/index.ts'
import { insertNotifications } from '../../src/deliveries/sql/insert-notifications.ts'
import { deliverQueueName, dispatchWaiting, enqueueBatches, enqueuePlanAgain, enqueuePlans, enqueueWakes, openDeliveryQueues } from '../../src/deliveries/index.ts'
import type { DeliverJob } from '../../src/deliveries/index.ts'
import type { Draft } from '../../src/notifications/index.ts'
import { openQueueBackend } from '../../src/queue/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { connect } from '../people.ts'
import { draftTo } from '../notifications/drafts.ts'
import { recordingQueues } from '../notifications/recording-queues.ts'

const offered = ['pushbullet', 'other']

/** The state after a loss of the queue: rows with no job id. */
async function insertLost (database: Database, ...drafts: Draft[]): Promise<void> {
  await insertNotifications(database, drafts, offered)
  await database.sql`update deliveries set job_id = null`
}

t.test('creates a job for every due delivery', async (t) => {
  const database = await openTestDatabase(t)
  const [ann = ''] = await connect(database, ['ann'])
  const [annOther = ''] = await connect(database, ['ann'], 'other')
  const draft = draftTo(['ann'])
  await insertLost(database, draft)
  const { queues, added } = recordingQueues(offered)
  t.equal(await dispatchWaiting(database, queues), 2)
  t.equal(added.length, 2)
  for (const [provider, connectionId] of [['pushbullet', ann], ['other', annOther]] as const) {
    const job = added.find((job) => job.provider === provider)
    t.match(job, { id: String, data: { deliveries: [[draft.id, connectionId]] } })
    t.same(await database.sql`select job_id from deliveries where connection_id = ${connectionId}`, [{ job_id: job?.id }])
  }
  t.equal(await dispatchWaiting(database, queues), 0, 'and only once')
  t.equal(added.length, 2)
})

t.test('ignores deliveries that are not due, have a job, have ended or belong to another provider', async (t) => {
  const database = await openTestDatabase(t)
  await connect(database, ['ann', 'bob'])
  await connect(database, ['ann'], 'other')
  await insertLost(database, draftTo(['ann'], { sendAt: new Date(Date.now() + 3600_000) }))
  await insertLost(database, draftTo(['ann'], { providers: ['other'] }))
  await insertNotifications(database, [draftTo(['ann'], { providers: ['pushbullet'] })], offered)
  await insertNotifications(database, [draftTo(['bob'])], offered)
  await database.sql`
    update deliveries set state = 'failed', due_at = null, job_id = null, reason = 'because'
    where connection_id in (select connections.id from connections join users on users.id = user_id where external_id = 'bob')`
  const { queues, added, wakes } = recordingQueues(['pushbullet'])
  t.equal(await dispatchWaiting(database, queues), 0)
  t.same(added, [])
  t.match(wakes, [{ data: { provider: 'pushbullet' } }], 'a delivery that is due later gets a wake-up')
  t.ok(Math.abs((wakes[0]?.delayMs ?? 0) - 3600_000) < 60_000)
  t.equal(await dispatchWaiting(database, recordingQueues([]).queues), 0, 'and ignores all of them without a provider')
})

t.test("wakes no paused delivery, and does not wait for another transaction's locks", async (t) => {
  const database = await openTestDatabase(t)
  const [ann = '', bob = '', cleo = ''] = await connect(database, ['ann', 'bob', 'cleo'])
  await insertLost(database, draftTo(['ann', 'bob', 'cleo']))
  await database.sql`update deliveries set due_at = 'infinity' where connection_id = ${ann}`
  const { queues, added, wakes } = recordingQueues(['pushbullet'])
  await database.sql.begin(async (other) => {
    await other`select from deliveries where connection_id = ${bob} for update`
    t.equal(await dispatchWaiting(database, queues), 1)
  })
  t.same(added.flatMap(({ data }) => data.deliveries.map(([, connectionId]) => connectionId)), [cleo])
  t.match(wakes, [{ data: { provider: 'pushbullet' } }], 'the delivery whose row is locked gets a wake-up')
  t.equal(wakes.length, 1)
  await database.sql`update deliveries set due_at = 'infinity'`
  await dispatchWaiting(database, queues)
  t.equal(wakes.length, 1)
})

t.test('wakes a delivery that becomes due while the jobs of others are added', async (t) => {
  const database = await openTestDatabase(t)
  const [, bob = ''] = await connect(database, ['ann', 'bob'])
  await insertLost(database, draftTo(['ann', 'bob']))
  await database.sql`update deliveries set due_at = now() + interval '1 hour' where connection_id = ${bob}`
  const { queues, wakes } = recordingQueues(['pushbullet'], async () => {
    await database.sql`update deliveries set due_at = now() where connection_id = ${bob}`
  })
  t.equal(await dispatchWaiting(database, queues), 1)
  t.match(wakes, [{ data: { provider: 'pushbullet' } }])
})

t.test('sends nothing early when a wake-up runs a moment early', async (t) => {
  const database = await openTestDatabase(t, { max: 1 })
  await connect(database, ['ann'])
  await insertLost(database, draftTo(['ann']))
  const { queues, added } = recordingQueues(offered)
  // The database's time does not advance within a transaction, and this pool has one connection.
  await database.sql`begin`
  await database.sql`update deliveries set due_at = now() + interval '45 milliseconds'`
  t.equal(await dispatchWaiting(database, queues), 1)
  await database.sql`commit`
  t.same(added.map(({ delayMs }) => delayMs), [45])
})

t.test('fills jobs with 500 deliveries, the oldest notification first', async (t) => {
  const database = await openTestDatabase(t)
  const names = Array.from({ length: 1_201 }, (_, index) => `user-${index}`)
  await connect(database, names)
  const oldest = draftTo(['user-1200'])
  await insertLost(database, draftTo(names))
  await insertLost(database, oldest)
  const { queues, added } = recordingQueues(offered)
  t.equal(await dispatchWaiting(database, queues), 1_202)
  t.same(added.map(({ data }) => data.deliveries.length).sort(), [202, 500, 500])
  const job = added.find(({ data }) => data.deliveries.some(([id]) => id === oldest.id))
  t.equal(job?.id.endsWith('-0'), true, 'the oldest deliveries are in the first job')
  t.equal(new Set(added.map(({ id }) => id)).size, 3)
})

t.test('gives a delivery to one of several concurrent dispatchers', async (t) => {
  const database = await openTestDatabase(t, { max: 8 })
  const names = Array.from({ length: 300 }, (_, index) => `user-${index}`)
  await connect(database, names)
  await insertLost(database, draftTo(names), draftTo(names))
  const { queues, added } = recordingQueues(offered)
  const counts = await Promise.all(Array.from({ length: 8 }, () => dispatchWaiting(database, queues)))
  t.equal(counts.reduce((sum, count) => sum + count), 600)
  const keys = added.flatMap(({ data }) => data.deliveries.map((key) => key.join()))
  t.equal(keys.length, 600)
  t.equal(new Set(keys).size, 600)
})

t.test('rejects when a queue fails, and leaves the deliveries to reconcile', async (t) => {
  const database = await openTestDatabase(t)
  await connect(database, ['ann'])
  await insertLost(database, draftTo(['ann']))
  const { queues } = recordingQueues(offered, async () => { throw new Error('Redis is away') })
  await t.rejects(dispatchWaiting(database, queues), { message: 'Redis is away' })
  t.match(await database.sql`select job_id from deliveries`, [{ job_id: String }], 'the row has the id of a job that does not exist')
})

t.test('skips deliveries of a provider without a queue', async (t) => {
  const { queues, added } = recordingQueues(['pushbullet'])
  const batch = { jobId: 'job-1', deliveries: [['n', 'c'] as [string, string]] }
  await enqueueBatches(queues, [{ ...batch, provider: 'retired' }, { ...batch, provider: 'pushbullet' }])
  t.same(added, [{ provider: 'pushbullet', id: 'job-1', data: { deliveries: [['n', 'c']] } }])
})

t.test('wakes the deliveries of one second once, when all of them are due', async (t) => {
  const { queues, wakes } = recordingQueues(['pushbullet', 'other'])
  const now = 1_000_000_000_400
  await enqueueWakes(queues, [
    { provider: 'pushbullet', delayMs: 100 }, { provider: 'pushbullet', delayMs: 550 }, { provider: 'other', delayMs: 300 },
    { provider: 'pushbullet', delayMs: 1_200 }
  ], now)
  t.same(wakes.map(({ data, delayMs }) => [data.provider, delayMs]), [['pushbullet', 600], ['other', 600], ['pushbullet', 1_600]])
  t.equal(new Set(wakes.map(({ id }) => id)).size, 3)
  const before = wakes[0]?.id
  wakes.length = 0
  await enqueueWakes(queues, [{ provider: 'pushbullet', delayMs: 200 }], now + 300)
  t.match(wakes, [{ id: before, delayMs: 300 }], 'a later request for the same second uses the same job')
})

t.test("creates a separate wake-up for deliveries whose second's wake-up may already run", async (t) => {
  const { queues, wakes } = recordingQueues(['pushbullet'])
  const second = 1_000_000_001_000
  await enqueueWakes(queues, [{ provider: 'pushbullet', delayMs: 0 }], second - 400)
  for (const late of [-50, 0, 50]) await enqueueWakes(queues, [{ provider: 'pushbullet', delayMs: 0 }], second + late)
  t.same(wakes.map(({ delayMs }) => delayMs), [400, 0, 0, 0])
  t.equal(new Set(wakes.map(({ id }) => id)).size, 4, 'the queue ignores an id that it still has')
})

t.test('continues a plan in a job with another id than the running one', async (t) => {
  const { queues, plans } = recordingQueues(['pushbullet'])
  const plan = { notificationId: 'n', delayMs: 0 }
  await enqueuePlans(queues, [plan])
  await enqueuePlanAgain(queues, plan)
  t.match(plans, [{ data: { notificationId: 'n' } }, { data: { notificationId: 'n' } }])
  t.equal(new Set(plans.map(({ id }) => id)).size, 2)
})

for (const { kind, skip, open } of await backends()) {
  t.test(`stores only ids in ${kind}`, { skip }, async (t) => {
    const env = await open(t)
    const database = openDatabase({ url: env.DATABASE_URL })
    const backend = openQueueBackend({
      databaseUrl: env.DATABASE_URL, redisUrl: env.REDIS_URL, prefix: env.QUEUE_PREFIX, onError: (error) => t.fail(error.message)
    })
    const queues = openDeliveryQueues(backend, ['pushbullet'])
    const names = ['ann', 'bob']
    const connectionIds = await connect(database, names)
    const draft = draftTo(names, { message: { type: 'note', title: 'between us' }, data: 'hush' })
    const { batches } = await insertNotifications(database, [draft], ['pushbullet'])
    const jobs: DeliverJob[] = []
    const worker = backend.openWorker<DeliverJob>(deliverQueueName('pushbullet'), async (job) => { jobs.push(job) }, { concurrency: 1, lockMs: 10_000 })
    t.teardown(async () => {
      await worker.close()
      await queues.close()
      await Promise.all([backend.close(), database.close()])
    })
    await enqueueBatches(queues, batches)
    await until(() => jobs.length > 0)
    t.same(jobs.map(({ deliveries }) => ({ deliveries: deliveries.sort() })), [
      { deliveries: connectionIds.map((connectionId) => [draft.id, connectionId]).sort() }
    ])
    t.same(Object.keys(jobs[0] ?? {}), ['deliveries'])
  })
}
