import { newId } from '@carillon/shared/db'
import { createLog } from '@carillon/shared/log'
import { createMetrics, createWorkerMetrics } from '@carillon/shared/metrics'
import type { DeliveryQueues, PlanJob, SegmentJob } from '@carillon/shared/deliveries'
import type { Provider } from '@carillon/shared/providers'
import type { JobQueue, NewJob } from '@carillon/shared/queue'
import t from 'tap'
import { reconcile } from '../../src/maintenance/reconcile.ts'
import { openRows, rowsOf } from '../../../../packages/shared/test/deliveries/open-rows.ts'
import type { Fields } from '../../../../packages/shared/test/deliveries/open-rows.ts'

const { database, frozen } = await openRows(t)
const { sql } = frozen
const { insertConnection, insertNotification, insertDelivery, insertClaim, readDelivery } = rowsOf(frozen)

// now() is constant in a transaction, and this pool has one connection.
t.beforeEach(async () => { await sql`begin` })
t.afterEach(async () => { await sql`rollback` })

const idempotent = { id: 'pushbullet', idempotent: true } as unknown as Provider
const live = new Set<string>(['live'])

interface Hooks {
  /** Called when reconcile asks a queue for waiting jobs. */
  onLook?: () => Promise<unknown>
  /** Whether a worker takes each job immediately. */
  isTaken?: (job: unknown) => boolean
  /** Receives the lines of the log. */
  write?: (line: string) => void
}

/** Runs reconcile once, and returns the segments and plans that it added to their queues. */
async function runOnce (through = frozen, { onLook = async () => {}, isTaken = () => false, write = () => {} }: Hooks = {}) {
  const askedAbout: string[] = []
  const segments: Array<NewJob<SegmentJob>> = []
  const plans: Array<NewJob<PlanJob>> = []
  const keeping = <Data>(kept: Array<NewJob<Data>>): JobQueue<Data> => ({
    add: async (jobs) => { kept.push(...jobs) },
    live: async () => live,
    waiting: async (ids) => {
      askedAbout.push(...ids)
      await onLook()
      return new Set([...live, ...kept.filter(({ data }) => !isTaken(data)).map(({ id }) => id)])
    },
    schedule: async () => {},
    close: async () => {}
  })
  const queues: DeliveryQueues = {
    deliver: new Map([['pushbullet', keeping([])]]),
    broadcast: new Map([['pushbullet', keeping(segments)]]),
    plan: keeping(plans),
    wake: keeping([]),
    close: async () => {}
  }
  await reconcile({
    database: through,
    queues,
    providers: new Map([['pushbullet', idempotent]]),
    metrics: createWorkerMetrics(createMetrics().registry),
    log: createLog({ name: 'test', level: 'info', destination: { write } })
  })
  return { askedAbout, segments: segments.map(({ data }) => data), plans: plans.map(({ data }) => data.notificationId) }
}

const ago = async (seconds: number): Promise<string> => {
  const [row] = await sql<[{ at: string }]>`select (now() - ${seconds}::float8 * interval '1 second')::text as at`
  return row.at
}

interface Case {
  what: string
  delivery: (at: (seconds: number) => Promise<string>) => Promise<Fields>
  connection?: Fields
  notification?: (at: (seconds: number) => Promise<string>) => Promise<Fields>
  becomes: object
}

const queued = async (): Promise<Fields> => ({ job_id: 'live' })
type At = typeof ago
const parked = async (at: At): Promise<Fields> => ({ state: 'parked', due_at: null, parked_at: await at(9), reason: 'x' })
const expired = async (at: At): Promise<Fields> => ({ created_at: await at(60), expires_at: await at(0) })
const revoked = { status: 'revoked', status_reason: 'left' }
const needsReauth = { status: 'needsReauth', status_reason: 'x' }

const cases: Case[] = [
  { what: 'overdue, its job gone', delivery: async (at) => ({ job_id: 'gone', due_at: await at(4) }), becomes: { state: 'queued', jobId: /-pushbullet-0$/ } },
  { what: 'overdue, its job there', delivery: async (at) => ({ job_id: 'live', due_at: await at(4) }), becomes: { state: 'queued', jobId: 'live' } },
  { what: 'due for a moment, its job not added yet', delivery: async (at) => ({ job_id: 'gone', due_at: await at(2) }), becomes: { jobId: 'gone' } },
  { what: 'due later, its job gone', delivery: async (at) => ({ job_id: 'gone', due_at: await at(-60) }), becomes: { jobId: 'gone' } },
  { what: 'of a provider without a queue', delivery: async (at) => ({ provider: 'retired', job_id: 'gone', due_at: await at(9) }), becomes: { jobId: 'gone' } },

  { what: 'queued, expired', delivery: queued, notification: expired, becomes: { state: 'expired', reason: 'expired', due: null, jobId: null } },
  { what: 'held by a pause, expired', delivery: async () => ({ due_at: 'infinity' }), notification: expired, becomes: { state: 'expired' } },
  { what: 'parked, expired', delivery: parked, connection: needsReauth, notification: expired, becomes: { state: 'expired', due: null } },
  { what: 'queued, to expire', delivery: queued, notification: async (at) => ({ expires_at: await at(-1) }), becomes: { state: 'queued' } },
  { what: 'sent, expired', delivery: async () => ({ state: 'sent', due_at: null, attempts: 1, receipt: '{"id":"p"}' }), notification: expired, becomes: { state: 'sent' } },
  { what: 'sending, expired', delivery: async () => ({ state: 'sending', due_at: null, claim_id: newId() }), notification: expired, becomes: { state: 'sending' } },

  { what: 'parked, its user back', delivery: parked, becomes: { state: 'queued', reason: null, due: 'due', events: ['queued', 'released'] } },
  { what: 'parked, its user away', delivery: parked, connection: needsReauth, becomes: { state: 'parked' } },
  { what: 'parked, its connection closed', delivery: parked, connection: revoked, becomes: { state: 'skipped', reason: 'disconnected', due: null, events: ['queued', 'skipped'] } },
  { what: 'queued, its connection closed', delivery: queued, connection: revoked, becomes: { state: 'skipped', reason: 'disconnected', due: null, jobId: null } },
  { what: 'queued, its user to reconnect', delivery: queued, connection: needsReauth, becomes: { state: 'queued', jobId: 'live' } },
  { what: 'sent, its connection closed', delivery: async () => ({ state: 'sent', due_at: null, attempts: 1, receipt: '{"id":"p"}' }), connection: revoked, becomes: { state: 'sent' } },
  { what: 'sending, its connection closed', delivery: async () => ({ state: 'sending', due_at: null, claim_id: newId() }), connection: revoked, becomes: { state: 'sending' } }
]

for (const { what, delivery, connection, notification, becomes } of cases) {
  t.test(`reconciles a delivery that is ${what}: ${JSON.stringify(becomes)}`, async (t) => {
    const connectionId = await insertConnection(connection)
    const id = await insertNotification(await notification?.(ago))
    await insertDelivery(id, connectionId, await delivery(ago))
    await runOnce()
    t.match(await readDelivery(id, connectionId), becomes)
  })
}

t.test('expires only the deliveries of the expired notification', async (t) => {
  const connectionId = await insertConnection()
  const [late, lasting] = [await insertNotification(await expired(ago)), await insertNotification()]
  for (const id of [late, lasting]) await insertDelivery(id, connectionId, { job_id: 'live' })
  await runOnce()
  t.match([await readDelivery(late, connectionId), await readDelivery(lasting, connectionId)], [{ state: 'expired' }, { state: 'queued' }])
})

t.test('reclaims the deliveries of a crashed worker, and no others', async (t) => {
  const id = await insertNotification()
  const [first, second, third] = (await Promise.all([1, 2, 3].map(() => insertConnection()))).sort()
  for (const connectionId of [first, second, third]) await insertDelivery(id, connectionId ?? '')
  const dead = await insertClaim(id, [first ?? '', third ?? ''], await ago(1))
  const held = await insertClaim(id, [second ?? ''], await ago(-1))
  await runOnce()
  const after = await Promise.all([first, second, third].map((connectionId) => readDelivery(id, connectionId ?? '')))
  t.match(after, [
    { state: 'retrying', attempts: 1, reason: 'workerLost', claimId: null, due: 'due' }, { state: 'sending', attempts: 0, claimId: held },
    { state: 'retrying', attempts: 1 }
  ])
  t.same((await sql`select id from claims`).map(({ id }) => id), [held])
  t.not(dead, held)
})

t.test('decides about each delivery of a crashed worker by its own attempts', async (t) => {
  const id = await insertNotification()
  const attempts = [0, 11, 1, 11, 2, 0]
  const connectionIds = []
  for (const each of attempts) {
    const connectionId = await insertConnection()
    connectionIds.push(connectionId)
    await insertDelivery(id, connectionId, { attempts: each })
  }
  await insertClaim(id, connectionIds, await ago(1))
  await runOnce()
  const after = await Promise.all(connectionIds.map((connectionId) => readDelivery(id, connectionId)))
  t.same(after.map((delivery) => delivery?.state), attempts.map((each) => each === 11 ? 'failed' : 'retrying'))
})

interface Lost {
  what: string
  provider?: string
  attempts?: number
  onUnknown?: string
  state: string
}

for (const { what, provider = 'pushbullet', attempts = 0, onUnknown = 'hold', state } of [
  { what: 'a provider that knows it again', state: 'retrying' },
  { what: 'a provider that may show it twice', provider: 'other', state: 'unknown' },
  { what: 'a provider that may show it twice, as was asked for', provider: 'other', onUnknown: 'resend', state: 'retrying' },
  { what: 'the last attempt but one', attempts: 10, state: 'retrying' },
  { what: 'the last attempt', attempts: 11, state: 'failed' },
  { what: 'the last attempt where it may be shown twice', provider: 'other', attempts: 11, state: 'unknown' }
] satisfies Lost[] as Lost[]) {
  t.test(`a reclaimed delivery at ${what} becomes ${state}`, async (t) => {
    const connectionId = await insertConnection({ provider })
    const id = await insertNotification({ on_unknown: onUnknown })
    await insertDelivery(id, connectionId, { provider, attempts })
    await insertClaim(id, [connectionId], await ago(1))
    await runOnce()
    t.match(await readDelivery(id, connectionId), { state, attempts: attempts + 1, reason: 'workerLost', due: state === 'retrying' ? 'due' : null })
  })
}

t.test('skips a claim that is being settled, without waiting for it', async (t) => {
  const { insertConnection, insertNotification, insertDelivery, insertClaim } = rowsOf(database)
  const connectionId = await insertConnection()
  const id = await insertNotification()
  await insertDelivery(id, connectionId)
  const claimId = await insertClaim(id, [connectionId], new Date(Date.now() - 1_000).toISOString())
  await sql`select from claims where id = ${claimId} for key share`
  await runOnce(database)
  t.match(await readDelivery(id, connectionId), { state: 'sending' })
  t.equal((await database.sql`select from claims where id = ${claimId}`).length, 1)
})

t.test('adds the jobs of overdue segments, except paused, locked and foreign ones', async (t) => {
  const lastId = newId()
  const insertSegment = async (seconds: number, notification: Fields = {}, provider = 'pushbullet'): Promise<string> => {
    const notificationId = await insertNotification({ audience: '{"everyone":true}', ...notification })
    await sql`insert into segments ${sql({
      notification_id: notificationId, provider, number: 7, after_id: '00000000-0000-0000-0000-000000000000', last_id: lastId, size: 1, due_at: await ago(seconds)
    })}`
    return notificationId
  }
  const overdue = await insertSegment(4)
  await insertSegment(2)
  await insertSegment(-60)
  await insertSegment(4, { paused_at: await ago(1) })
  const retired = await insertSegment(4, {}, 'retired')
  const canceled = await insertSegment(5, { canceled_at: await ago(1) })
  t.same((await runOnce()).segments, [{ notificationId: canceled, number: 7 }, { notificationId: overdue, number: 7 }])
  t.match(await sql`select extract(epoch from now() - due_at)::int as late from segments where notification_id = ${retired}`, [{ late: 4 }])
})

t.test('skips a segment that a worker has locked, or has postponed meanwhile', async (t) => {
  const { insertNotification } = rowsOf(database)
  const notificationId = await insertNotification({ audience: '{"everyone":true}' })
  t.teardown(() => database.sql`delete from segments`)
  await database.sql`insert into segments ${database.sql({
    notification_id: notificationId,
    provider: 'pushbullet',
    number: 0,
    after_id: newId(),
    last_id: newId(),
    size: 1,
    due_at: new Date(Date.now() - 60_000).toISOString()
  })}`
  await sql`select from segments for update`
  t.same((await runOnce(database)).segments, [], 'held')
  await sql`commit`
  // A worker has taken the job, and postpones the rest of the segment.
  const putOff = async () => await database.sql`update segments set due_at = now() + interval '1 hour'`
  const { segments } = await runOnce(database, { onLook: putOff, isTaken: () => true })
  t.equal(segments.length, 1, 'no second job for it')
  t.match(await database.sql`select due_at > now() as "isLater" from segments`, [{ isLater: true }])
})

t.test('makes only segments due again whose job is lost', async (t) => {
  const [notificationId, other] = [await insertNotification({ audience: '{"everyone":true}' }), await insertNotification({ audience: '{"everyone":true}' })]
  const dueAt = await ago(4)
  const segments = [[notificationId, 'pushbullet', 7], [notificationId, 'pushbullet', 8], [notificationId, 'retired', 7], [other, 'pushbullet', 7]] as const
  for (const [notification, provider, number] of segments) {
    await sql`insert into segments ${sql({
      notification_id: notification, provider, number, after_id: newId(), last_id: newId(), size: 1, due_at: dueAt
    })}`
  }
  const isTaken = (job: unknown): boolean => JSON.stringify(job) === JSON.stringify({ notificationId, number: 7 })
  t.equal((await runOnce(frozen, { isTaken })).segments.filter(isTaken).length, 2, 'it gets a second job')
  const late = await sql`
    select notification_id as id, provider, number from segments where due_at < now() order by notification_id, provider, number`
  t.same([...late], [[notificationId, 'pushbullet', 8], [notificationId, 'retired', 7], [other, 'pushbullet', 7]]
    .map(([id, provider, number]) => ({ id, provider, number })))
})

t.test('asks each queue for its jobs, and logs the result', async (t) => {
  const lines: string[] = []
  const write = (line: string): void => { lines.push(line) }
  await runOnce(frozen, { write })
  t.same(lines, [], 'nothing, when there was nothing')
  const id = await insertNotification()
  for (const jobId of [null, 'live']) await insertDelivery(id, await insertConnection(), { job_id: jobId, due_at: await ago(9) })
  t.same((await runOnce(frozen, { write })).askedAbout, ['live'])
  t.match(lines.map((line) => JSON.parse(line)), [{ msg: 'reconciled', dispatched: 1, expired: 0 }])
})

t.test('adds the jobs of overdue plans', async (t) => {
  const insertPlan = async (fields: Fields): Promise<string> => insertNotification({ audience: '{"everyone":true}', planned_at: null, ...fields })
  const lost = await insertPlan({ created_at: await ago(6) })
  const scheduled = await insertPlan({ created_at: await ago(60), send_at: await ago(6) })
  await insertPlan({ created_at: await ago(4) })
  await insertPlan({ created_at: await ago(60), send_at: await ago(-60) })
  await insertPlan({ created_at: await ago(60), planned_at: await ago(6) })
  t.same((await runOnce()).plans.sort(), [lost, scheduled].sort())
})
