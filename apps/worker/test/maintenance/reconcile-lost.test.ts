import { disconnect } from '@carillon/shared/connections'
import { markNeedsReauth } from '@carillon/shared/grants'
import { newId } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import { findDelivery, retryFailed } from '@carillon/shared/deliveries'
import { backends, until } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { reconcile } from '../../src/maintenance/reconcile.ts'
import { plan } from '../../src/planning/plan.ts'
import { startTestStack } from '../start-test-stack.ts'

const [postgres] = await backends()

/** A stack without a worker. The test calls reconcile itself. */
async function openStill (t: Test) {
  if (postgres === undefined) throw new Error('PostgreSQL is always there')
  const stack = await startTestStack(t, await postgres.open(t), { start: false })
  const [connectionId = ''] = await stack.connect('ann')
  const find = (id: string) => findDelivery(stack.database, id, connectionId)
  const jobOf = async (id: string): Promise<string | null> => {
    const [row] = await stack.database.sql`select job_id from deliveries where notification_id = ${id}`
    return row?.['job_id'] ?? null
  }
  return { ...stack, connectionId, find, jobOf, run: () => reconcile(stack.services) }
}

/** Claims all deliveries for one worker, with a lease that ends in so many seconds. */
async function holdAll (
  { sql }: Database, { attempts, leaseSeconds }: { attempts: number, leaseSeconds: number }
): Promise<void> {
  const claimId = newId()
  await sql`update deliveries set state = 'sending', due_at = null, claim_id = ${claimId}, attempts = ${attempts}`
  await sql`
    insert into claims (id, provider, notification_ids, first_id, last_id, until)
    select ${claimId}, 'pushbullet', array_agg(distinct notification_id), (array_agg(connection_id order by connection_id))[1],
      (array_agg(connection_id order by connection_id desc))[1], now() + ${leaseSeconds}::int * interval '1 second'
    from deliveries`
}

t.test('adds a job for overdue deliveries that lost theirs, and for no others', async (t) => {
  const { notify, jobOf, run, database, queues } = await openStill(t)
  const { id: lost } = await notify(['ann'])
  const { id: live } = await notify(['ann'])
  const { id: later } = await notify(['ann'], { sendAt: new Date(Date.now() + 3600_000) })
  await database.sql`update deliveries set due_at = now() - interval '10 seconds' where notification_id in (${lost}, ${live})`
  await database.sql`update deliveries set job_id = 'gone' where notification_id = ${lost}`
  const before = [await jobOf(live), await jobOf(later)]
  const isQueued = async (jobId: string | null) => jobId !== null && (await queues.deliver.get('pushbullet')?.live([jobId]))?.has(jobId)
  await until(() => isQueued(before[0] ?? null)) // accept does not wait for the queue
  await run()
  const jobId = await jobOf(lost)
  t.not(jobId, 'gone')
  t.ok(await isQueued(jobId), 'the new job is on the queue')
  t.same([await jobOf(live), await jobOf(later)], before)
})

t.test('adds another job for an overdue delivery whose job is delayed by another clock', async (t) => {
  const { notify, jobOf, run, database, queues } = await openStill(t)
  const { id } = await notify(['ann'])
  await database.sql`update deliveries set due_at = now() - interval '10 seconds', job_id = 'delayed-job' where notification_id = ${id}`
  const queue = queues.deliver.get('pushbullet')
  await queue?.add([{ id: 'delayed-job', data: { deliveries: [] }, delayMs: 3600_000 }])
  await run()
  const jobId = await jobOf(id) ?? ''
  t.not(jobId, 'delayed-job')
  t.same(await queue?.waiting([jobId]), new Set([jobId]))
})

t.test('adds another job for an overdue segment whose job is delayed by another clock', async (t) => {
  const { database, queues, run, services } = await openStill(t)
  const id = newId()
  await database.sql`insert into notifications (id, origin, audience, message)
    values (${id}, 'api', '{"everyone": true}', '{"type": "note", "title": "All"}')`
  await plan(services, { notificationId: id })
  await database.sql`update segments set due_at = now() - interval '10 seconds'`
  const dueJob = async (): Promise<string> => {
    const [row] = await database.sql`select number, floor(extract(epoch from due_at) * 1000)::float8 as "dueAt" from segments`
    return `${id}-${row?.['number']}-${row?.['dueAt']}`
  }
  const delayed = await dueJob()
  const queue = queues.broadcast.get('pushbullet')
  await queue?.add([{ id: delayed, data: { notificationId: id, number: 0 }, delayMs: 3600_000 }])
  await run()
  const jobId = await dueJob()
  t.not(jobId, delayed)
  t.same(await queue?.waiting([jobId]), new Set([jobId]))
  await run()
  t.equal(await dueJob(), jobId, 'and keeps that one while it waits')
})

t.test('reclaims the deliveries of a crashed worker, as an attempt', async (t) => {
  const { notify, find, run, database } = await openStill(t)
  const { id } = await notify(['ann'])
  const hold = (attempts: number) => holdAll(database, { attempts, leaseSeconds: -1 })
  await hold(0)
  await run()
  t.match(await find(id), { state: 'retrying', attempts: 1, reason: 'workerLost', history: [{}, { event: 'workerLost' }] })
  await hold(11)
  await run()
  t.match(await find(id), { state: 'failed', attempts: 12, reason: 'workerLost' }, 'but not for ever')
  t.same(await database.sql`select from claims`, [], 'nothing is left of its claims')
})

t.test('onUnknown decides about reclaimed deliveries at a provider that may show a message twice', async (t) => {
  const { notify, find, services, database } = await openStill(t)
  const pushbullet = services.providers.get('pushbullet')
  if (pushbullet === undefined) throw new Error('Pushbullet is offered')
  const { idempotent: _, ...forgetful } = pushbullet
  const { id: held } = await notify(['ann'])
  const { id: resent } = await notify(['ann'], { onUnknown: 'resend' })
  await holdAll(database, { attempts: 0, leaseSeconds: -1 })
  await reconcile({ ...services, providers: new Map([['pushbullet', forgetful]]) })
  t.match(await find(held), {
    state: 'unknown', attempts: 1, reason: 'workerLost', dueAt: null, history: [{}, { event: 'workerLost' }]
  })
  t.match(await find(resent), { state: 'retrying', attempts: 1, reason: 'workerLost' })
  t.same(await database.sql`select from claims`, [])
  t.equal(await retryFailed(database, held), 1, 'an operator may retry it')
  t.match(await find(held), { state: 'queued', attempts: 0, reason: null })
})

t.test('leaves the deliveries of a running worker', async (t) => {
  const { notify, find, run, database } = await openStill(t)
  const { id } = await notify(['ann'])
  await holdAll(database, { attempts: 0, leaseSeconds: 60 })
  await run()
  t.match(await find(id), { state: 'sending', attempts: 0 })
})

t.test('expires deliveries that were not sent in time, parked or not', async (t) => {
  const { notify, find, run, database, connectionId } = await openStill(t)
  const { id: queued } = await notify(['ann'], { expiresAt: new Date(Date.now() + 60_000) })
  await markNeedsReauth(database, { grantId: connectionId, credentialsVersion: 1, reason: 'gone' })
  const { id: parked } = await notify(['ann'], { expiresAt: new Date(Date.now() + 60_000) })
  const { id: lasting } = await notify(['ann'])
  await database.sql`update notifications set created_at = now() - interval '2 minutes', expires_at = now() - interval '1 minute'
    where expires_at is not null`
  await run()
  for (const id of [queued, parked]) t.match(await find(id), { state: 'expired', reason: 'expired' })
  t.match(await find(lasting), { state: 'parked' })
})

t.test('repairs deliveries that a race has parked or queued wrongly', async (t) => {
  const { notify, find, run, database, connectionId } = await openStill(t)
  const { id } = await notify(['ann'])
  await database.sql`update deliveries set state = 'parked', due_at = null, parked_at = now(), reason = 'gone', job_id = null`
  await run()
  t.match(await find(id), { state: 'queued', reason: null, history: [{}, { event: 'released' }] })
  await disconnect(database, connectionId)
  await run()
  t.match(await find(id), { state: 'skipped', reason: 'disconnected' })
})

t.test('changes nothing when there is nothing to do', async (t) => {
  const { notify, run, lines } = await openStill(t)
  await notify(['ann'], { sendAt: new Date(Date.now() + 3600_000) })
  await run()
  t.notOk(lines.some((line) => line.includes('reconciled')))
})
