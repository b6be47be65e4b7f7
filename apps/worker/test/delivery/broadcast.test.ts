import { cancelNotification, dispatchWaiting, enqueueSegments, pauseNotification, resumeNotification, retryFailed } from '@carillon/shared/deliveries'
import { findNotification } from '@carillon/shared/notifications'
import type { ReleasedSegments } from '@carillon/shared/deliveries'
import { backends, ownRedis, until } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { reconcile } from '../../src/maintenance/reconcile.ts'
import { plan } from '../../src/planning/plan.ts'
import { startTestStack } from '../start-test-stack.ts'

const everyone = { audience: { everyone: true as const } }
/** Of the 32 requests in flight, two are for other notifications. */
const broadcastSlots = 30
const push = { provider: 'pushbullet', match: 'POST /v2/pushes' }
const userNames = (count: number): string[] => Array.from({ length: count }, (_, number) => `user-${number}`)

type Engine = Awaited<ReturnType<typeof startTestStack>>

/** The same work as the API's route does after pause, resume, cancel and retry. */
async function goOn ({ database, queues }: Engine, controlled: ReleasedSegments | undefined): Promise<void> {
  await enqueueSegments(queues, controlled?.segments ?? [])
  await dispatchWaiting(database, queues)
}

/** The stored counts, and whether they match the rows and the segments. */
async function auditOf (t: Test, { database }: Engine, id: string, audience: number) {
  const found = await findNotification(database, id)
  const counts: Record<string, number> = found?.counts ?? {}
  t.equal(Object.values(counts).reduce((sum, number) => sum + number, 0), audience, 'counts add up to the audience')
  const rows = await database.sql<Array<{ state: string, number: number }>>`
    select state, count(*)::int as number from deliveries where notification_id = ${id} group by state`
  const [segments] = await database.sql<[{ size: number }]>`
    select coalesce(sum(size), 0)::int as size from segments where notification_id = ${id}`
  const byState = Object.fromEntries(rows.map(({ state, number }) => [state, number]))
  const seen: Record<string, number> = Object.fromEntries(Object.keys(counts).map((state) => [state, byState[state] ?? 0]))
  t.same({ ...seen, queued: (seen['queued'] ?? 0) + segments.size }, counts, 'and are those of the rows')
  return { status: found?.status, counts, rows: byState }
}

/** The provider responds to this many requests. Later ones wait until the faults are removed. */
async function holdAfter (times: number, { control }: Engine): Promise<void> {
  for (const fault of [{ delayMs: 0, times }, { delayMs: 600_000 }]) await control('POST', '/faults', { ...push, ...fault })
}

/** Waits until the maximum of requests is running, so that no other request can start. */
async function everySlotHeld ({ control }: Engine): Promise<void> {
  await until(async () => {
    const { data } = await control<{ data: Array<{ struck: number }> }>('GET', '/faults')
    return data[1]?.struck === broadcastSlots
  }, { what: 'every slot of broadcasts being stuck' })
}

/** Waits until no request is running. */
async function nothingHeld ({ database }: Engine): Promise<void> {
  await until(async () => {
    const [row] = await database.sql<[{ held: number }]>`
      select (select count(*) from claims) + (select count(*) from deliveries where state = 'sending') as held`
    return Number(row.held) === 0
  }, { what: 'the end of what was being sent' })
}

for (const { kind, skip, open } of await backends()) {
  t.test(`with jobs in ${kind}`, { skip }, async (t) => {
    t.test('reaches every user who was connected when it was accepted, once', async (t) => {
      const stack = await startTestStack(t, await open(t))
      const { connect, notify, inbox, counts } = stack
      await connect(...userNames(1_200))
      const { id } = await notify([], everyone)
      t.match(await counts(id), { sent: 1_200, queued: 0, sending: 0, failed: 0 })
      const entries = await inbox()
      t.equal(entries.length, 1_200)
      t.equal(new Set(entries.map(({ item }) => item.guid)).size, 1_200)
      t.equal(new Set(entries.map(({ account }) => account)).size, 1_200)
      await auditOf(t, stack, id, 1_200)
    })

    t.test('sends nothing while it is paused, and the rest after it is resumed', async (t) => {
      const stack = await startTestStack(t, await open(t), { leaseMs: 60_000 })
      const { connect, notify, inbox, counts, control, database } = stack
      await connect(...userNames(1_200))
      await holdAfter(20, stack)
      const { id } = await notify([], everyone)
      await everySlotHeld(stack)
      t.same(await pauseNotification(database, id), { segments: [] })
      await control('DELETE', '/faults')
      await nothingHeld(stack)
      const paused = await auditOf(t, stack, id, 1_200)
      t.equal(paused.status, 'paused')
      t.ok((paused.counts['queued'] ?? 0) >= 200, 'the last segment was not started')
      const before = (await inbox()).length
      t.equal(before, paused.counts['sent'])
      await reconcile(stack.services)
      await nothingHeld(stack)
      t.equal((await inbox()).length, before, 'and no worker sends it meanwhile')

      await goOn(stack, await resumeNotification(database, id))
      t.match(await counts(id), { sent: 1_200 })
      t.equal(new Set((await inbox()).map(({ item }) => item.guid)).size, 1_200)
      t.equal((await inbox()).length, 1_200)
    })

    t.test('sends nothing after it is canceled, and has a row for each connection', async (t) => {
      const stack = await startTestStack(t, await open(t), { leaseMs: 60_000 })
      const { connect, notify, inbox, control, database } = stack
      await connect(...userNames(1_200))
      await holdAfter(20, stack)
      const { id } = await notify([], everyone)
      await everySlotHeld(stack)
      await goOn(stack, await cancelNotification(database, id))
      await control('DELETE', '/faults')
      await until(async () => (await findNotification(database, id))?.counts.queued === 0)
      await nothingHeld(stack)
      const { status, counts, rows } = await auditOf(t, stack, id, 1_200)
      t.equal(status, 'canceled')
      t.ok((counts['canceled'] ?? 0) >= 200)
      t.equal(counts['canceled'], rows['canceled'])
      t.equal((await inbox()).length, counts['sent'])
      t.equal(await resumeNotification(database, id), undefined)
    })

    t.test('retries only failed deliveries', async (t) => {
      const stack = await startTestStack(t, await open(t))
      const { connect, notify, inbox, counts, control, database } = stack
      await connect(...userNames(100))
      await control('POST', '/faults', { ...push, status: 400, body: { error: { code: 'pushbullet_pro_required' } }, times: 30 })
      const { id } = await notify([], everyone)
      t.match(await counts(id), { sent: 70, failed: 30 })
      t.equal(await retryFailed(database, id), 30)
      await goOn(stack, undefined)
      t.match(await counts(id), { sent: 100, failed: 0 })
      t.equal((await inbox()).length, 100)
      await auditOf(t, stack, id, 100)
    })

    t.test('does not delay notifications to named users while the provider is slow', async (t) => {
      const stack = await startTestStack(t, await open(t), { leaseMs: 60_000 })
      const { connect, notify, inbox, control, delivery, database } = stack
      const [ann = ''] = await connect('ann', ...userNames(1_500))
      const slots = broadcastSlots
      await control('POST', '/faults', { ...push, delayMs: 30_000, times: slots })
      const { id } = await notify([], everyone)
      await until(async () => {
        const { data } = await control<{ data: Array<{ faults: number }> }>('GET', '/stats')
        return data.some(({ faults }) => faults === slots)
      }, { what: 'every slot of broadcasts being stuck' })
      const direct = await notify(['ann'], { message: { type: 'note', title: 'By name' } })
      await delivery(direct.id, ann, 'sent')
      t.match((await findNotification(database, id))?.counts, { sent: 0 }, 'before anybody of the broadcast has been')
      const titles = (await inbox()).map(({ item }) => item.title)
      t.equal(titles.filter((title) => title === 'By name').length, 1)
      t.equal(titles.length, slots + 1, 'the provider responds to no other request')
    })

    t.test('continues from its rows after the queue has lost its data', async (t) => {
      const redis = kind === 'redis' ? await ownRedis(t) : undefined
      const env = await open(t)
      const stack = await startTestStack(
        t, redis === undefined ? env : { ...env, REDIS_URL: redis.url, QUEUE_PREFIX: redis.prefix }, { start: false })
      const { connect, notify, inbox, counts, database, queues, services, startWorker } = stack
      const { sql } = database
      const wipe = async (): Promise<void> => {
        if (redis !== undefined) return redis.flush()
        await sql.begin(async (sql) => {
          const tables = await sql`select tablename from pg_tables where schemaname = 'bullmq' and tablename not like '%migration%'`
          for (const { tablename } of tables) await sql`truncate ${sql(`bullmq.${tablename}`)} cascade`
        })
      }
      await connect(...userNames(700))
      const { id } = await notify([], everyone)
      const seconds = Array.from({ length: 10 }, (_, index) => `${id}-${Math.floor(Date.now() / 1000) - 5 + index}`)
      await until(async () => (await queues.plan.live(seconds)).size === 1) // accept does not wait for the queue
      await wipe()
      t.equal((await queues.plan.live(seconds)).size, 0)
      await sql`update connections set connected_at = connected_at - interval '1 minute'`
      await sql`update notifications set created_at = created_at - interval '30 seconds'`
      await reconcile(services)
      t.match(stack.lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'reconciled'), [{ plans: 1, segments: 0 }])

      await plan(services, { notificationId: id })
      const segmentIds = async () => (await sql<Array<{ id: string }>>`
        select notification_id || '-' || number || '-' || floor(extract(epoch from due_at) * 1000) as id from segments`).map(({ id }) => id)
      t.equal((await queues.broadcast.get('pushbullet')?.live(await segmentIds()))?.size, 2)
      await wipe()
      await sql`update segments set due_at = due_at - interval '10 seconds'`
      await reconcile(services)
      t.equal((await queues.broadcast.get('pushbullet')?.live(await segmentIds()))?.size, 2, 'and its segments as well')

      const worker = startWorker()
      t.teardown(() => worker.close())
      t.match(await counts(id), { sent: 700 })
      t.equal((await inbox()).length, 700)
    })
  })
}
