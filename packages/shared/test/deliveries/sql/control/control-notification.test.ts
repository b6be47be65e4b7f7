import { until } from '@carillon/testing'
import t from 'tap'
import { newId } from '../../../../src/db/index.ts'
import type { Database } from '../../../../src/db/index.ts'
import { insertNotifications } from '../../../../src/deliveries/sql/insert-notifications.ts'
import {
  cancelNotification, findDelivery, pauseNotification, resumeNotification, retryFailed
} from '../../../../src/deliveries/index.ts'
import { findNotification } from '../../../../src/notifications/index.ts'
import type { DeliveryState } from '../../../../src/deliveries/index.ts'
import { openTestDatabase } from '../../../open-test-database.ts'
import { connect } from '../../../people.ts'
import { insertDeliveries, openBroadcast } from '../../../notifications/broadcasts.ts'
import { draftTo } from '../../../notifications/drafts.ts'

const database = await openTestDatabase(t)
const { sql } = database

const statesOf = async (id: string): Promise<DeliveryState[]> =>
  (await sql<Array<{ state: DeliveryState }>>`
    select state from deliveries where notification_id = ${id} order by connection_id`).map(({ state }) => state)
const heldOf = async (id: string): Promise<Array<string | null>> =>
  (await sql<Array<{ due: string | null }>>`
    select case when due_at = 'infinity' then 'held' when due_at <= now() then 'due' when due_at is not null then 'later' end as due
    from deliveries where notification_id = ${id} order by connection_id`).map(({ due }) => due)

const findDueAt = async (id: string, connectionId: string): Promise<string | undefined> => {
  const [row] = await sql<Array<{ due_at: string }>>`select due_at from deliveries where notification_id = ${id} and connection_id = ${connectionId}`
  return row === undefined ? undefined : new Date(row.due_at).toISOString()
}

t.test('a pause stops waiting deliveries, and changes nothing else', async (t) => {
  const id = await openBroadcast(database)
  await insertDeliveries(database, id, ['queued', 'retrying', 'sending', 'parked', 'sent'])
  await sql`update deliveries set job_id = 'job-1' where notification_id = ${id} and state = 'queued'`
  t.same(await pauseNotification(database, id), { segments: [] })
  t.same(await statesOf(id), ['queued', 'retrying', 'sending', 'parked', 'sent'])
  t.same(await heldOf(id), ['held', 'held', null, null, null])
  t.same([...await sql`select from deliveries where notification_id = ${id} and job_id is not null`], [], 'it has no job')
  t.equal((await findNotification(database, id))?.status, 'paused')

  t.equal(await pauseNotification(database, id), undefined, 'a second pause has no effect')
  t.equal(await pauseNotification(database, newId()), undefined, 'the notification does not exist')
})

t.test('a paused notification resumes, and records that', async (t) => {
  const [connectionId = ''] = await connect(database, ['ann'])
  const draft = draftTo(['ann'])
  await insertNotifications(database, [draft], ['pushbullet'])
  t.equal(await resumeNotification(database, draft.id), undefined, 'it is not paused yet')
  await pauseNotification(database, draft.id)
  const held = await findDelivery(database, draft.id, connectionId)
  t.match(held, { state: 'queued', dueAt: null, history: [{ event: 'queued' }, { event: 'paused', at: String }] }, 'it has no due time')
  t.same(await resumeNotification(database, draft.id), { segments: [] })
  const resumed = await findDelivery(database, draft.id, connectionId)
  t.match(resumed?.history.map(({ event }) => event), ['queued', 'paused', 'resumed'])
  t.ok((resumed?.dueAt?.getTime() ?? Infinity) <= Date.now() + 60_000)
  t.same(await heldOf(draft.id), ['due'])
  t.equal(await resumeNotification(database, draft.id), undefined)
})

t.test('a retry keeps its due time after a resume', async (t) => {
  const id = await openBroadcast(database)
  const [early = '', late = ''] = await insertDeliveries(database, id, ['retrying', 'retrying', 'queued'])
  const until = { early: new Date(Date.now() - 60_000).toISOString(), late: new Date(Date.now() + 3600_000).toISOString() }
  for (const [connectionId, history] of [
    [early, [{ at: until.early, event: 'attempt', until: until.late }, { at: until.early, event: 'attempt', until: until.early }]],
    [late, [{ at: until.early, event: 'attempt', until: until.early }, { at: until.early, event: 'attempt', until: until.late }]]
  ] as const) {
    await sql`update deliveries set history = ${JSON.stringify(history)}::jsonb, due_at = ${history[1]?.until ?? ''}::timestamptz
      where notification_id = ${id} and connection_id = ${connectionId}`
  }
  await pauseNotification(database, id)
  t.same(await heldOf(id), ['held', 'held', 'held'])
  await resumeNotification(database, id)
  t.same(await heldOf(id), ['due', 'later', 'due'])
  t.equal((await findDueAt(id, late)), until.late, 'it is exactly the same')
})

t.test('a resumed notification is not sent before its scheduled time', async (t) => {
  const [connectionId = ''] = await connect(database, ['tim'])
  const draft = draftTo(['tim'], { sendAt: new Date(Date.now() + 3600_000) })
  await insertNotifications(database, [draft], ['pushbullet'])
  await pauseNotification(database, draft.id)
  await resumeNotification(database, draft.id)
  t.equal(await findDueAt(draft.id, connectionId), draft.sendAt?.toISOString())
})

t.test('a spread notification stays spread', async (t) => {
  const id = await openBroadcast(database, { fields: { spreadSeconds: 3600 } })
  await insertDeliveries(database, id, ['queued', 'queued', 'queued', 'queued'])
  await pauseNotification(database, id)
  await resumeNotification(database, id)
  const rows = await sql<Array<{ seconds: number }>>`
    select round(extract(epoch from due_at - updated_at))::int as seconds from deliveries where notification_id = ${id} order by due_at`
  t.same(rows.map(({ seconds }) => seconds), [0, 900, 1800, 2700])
})

t.test('overdue segments continue immediately, and the others are later by the length of the pause', async (t) => {
  const id = await openBroadcast(database, { waiting: 2 })
  await insertSegments(database, id, ['10 minutes ago', '1 hour'])
  await pauseNotification(database, id)
  await sql`update notifications set paused_at = now() - interval '5 minutes' where id = ${id}`
  const resumed = await resumeNotification(database, id)
  t.match(resumed?.segments.map(({ notificationId, provider, number }) => ({ notificationId, provider, number })), [
    { notificationId: id, provider: 'pushbullet', number: 0 }, { notificationId: id, provider: 'pushbullet', number: 1 }
  ])
  const [late, later] = resumed?.segments ?? []
  t.ok(Math.abs(late?.delayMs ?? Infinity) < 5_000, `${late?.delayMs} ms`)
  t.ok(Math.abs((later?.delayMs ?? 0) - 65 * 60_000) < 60_000, `${later?.delayMs} ms`)
  t.ok(Math.abs((later?.dueAt ?? 0) - Date.now() - 65 * 60_000) < 60_000)
})

t.test('a cancellation ends waiting deliveries immediately, and segments when they are claimed', async (t) => {
  const id = await openBroadcast(database, { waiting: 1 })
  await insertDeliveries(database, id, ['queued', 'retrying', 'parked', 'sending', 'sent', 'failed'])
  await insertSegments(database, id, ['1 hour'])
  t.match(await cancelNotification(database, id), { segments: [{ notificationId: id, number: 0, delayMs: 0 }] })
  t.same(await statesOf(id), ['canceled', 'canceled', 'canceled', 'sending', 'sent', 'failed'])
  t.match(await sql`select distinct reason, job_id, due_at, parked_at from deliveries where notification_id = ${id} and state = 'canceled'`, [
    { reason: 'canceled', job_id: null, due_at: null, parked_at: null }
  ])
  t.match(await sql`select due_at <= now() as due from segments where notification_id = ${id}`, [{ due: true }])
  t.equal((await findNotification(database, id))?.status, 'canceled')
  t.equal(await cancelNotification(database, id), undefined, 'a second cancellation has no effect')
  t.equal(await pauseNotification(database, id), undefined, 'a canceled notification cannot be paused')
  t.equal(await retryFailed(database, id), 0, 'or retried')
})

t.test('a broadcast that is canceled before it is planned is never planned', async (t) => {
  const draft = draftTo([], { audience: { everyone: true } })
  await insertNotifications(database, [draft], [])
  await cancelNotification(database, draft.id)
  t.match(await sql`select planned_at is not null as planned from notifications where id = ${draft.id}`, [{ planned: true }])
  const started = draftTo([], { audience: { everyone: true } })
  await insertNotifications(database, [started], [])
  await sql`insert into progress (notification_id, provider, audience, planned_to) values (${started.id}, 'pushbullet', 5, ${started.id})`
  await cancelNotification(database, started.id)
  t.match(await sql`select planned_at is not null as planned from notifications where id = ${started.id}`, [{ planned: false }],
    'a broadcast whose planning has started is planned to its end, so all recipients are counted')
})

t.test('a paused notification can be canceled', async (t) => {
  const id = await openBroadcast(database)
  await insertDeliveries(database, id, ['queued', 'sent'])
  await pauseNotification(database, id)
  t.same(await cancelNotification(database, id), { segments: [] })
  t.same(await statesOf(id), ['canceled', 'sent'])
  t.equal(await resumeNotification(database, id), undefined)
  t.equal((await findNotification(database, id))?.status, 'canceled')
})

t.test('failed deliveries are retried with all their attempts, and no others', async (t) => {
  const id = await openBroadcast(database)
  await insertDeliveries(database, id, ['failed', 'unknown', 'sent', 'expired', 'skipped', 'parked'])
  await sql`update deliveries set attempts = 12 where notification_id = ${id}`
  t.equal(await retryFailed(database, id), 2)
  t.same(await statesOf(id), ['queued', 'queued', 'sent', 'expired', 'skipped', 'parked'])
  const rows = await sql`
    select attempts, reason, job_id, history -> -1 ->> 'event' as event, due_at <= now() as due from deliveries
    where notification_id = ${id} and state = 'queued'`
  t.match(rows, Array.from({ length: 2 }, () => ({ attempts: 0, reason: null, job_id: null, event: 'retried', due: true })))
  t.equal(await retryFailed(database, id), 0)
})

t.test('retries failed deliveries only of its own notification, and only before it expires', async (t) => {
  const [lasting, expired, other] = [await openBroadcast(database), await openBroadcast(database), await openBroadcast(database)]
  for (const id of [lasting, expired, other]) await insertDeliveries(database, id, ['failed'])
  await sql`update notifications set expires_at = now() + interval '1 hour' where id = ${lasting}`
  await sql`update notifications set created_at = now() - interval '1 hour', expires_at = now() - interval '1 second' where id = ${expired}`
  t.equal(await retryFailed(database, expired), 0)
  t.equal(await retryFailed(database, lasting), 1)
  t.same(await Promise.all([lasting, expired, other].map(statesOf)), [['queued'], ['failed'], ['failed']])
})

t.test('one of two concurrent resumes succeeds', async (t) => {
  const id = await openBroadcast(database)
  await insertDeliveries(database, id, ['queued'])
  await pauseNotification(database, id)
  const second = await sql.begin(async (first) => {
    t.ok(await resumeNotification({ ...database, sql: first as unknown as Database['sql'] }, id))
    const waiting = resumeNotification(database, id)
    await until(async () => (await sql`
      select from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`).length > 0)
    return { waiting }
  })
  t.equal(await second.waiting, undefined)
  const resumed = await sql`
    select from deliveries, jsonb_array_elements(history) as entry where notification_id = ${id} and entry ->> 'event' = 'resumed'`
  t.equal(resumed.length, 1)
})

async function insertSegments ({ sql }: Database, notificationId: string, dues: string[]): Promise<void> {
  const ids = Array.from({ length: dues.length + 1 }, () => newId())
  for (const [number, due] of dues.entries()) {
    const isAgo = due.endsWith(' ago')
    await sql`
      insert into segments (notification_id, provider, number, after_id, last_id, size, due_at)
      values (${notificationId}, 'pushbullet', ${number}, ${ids[number] ?? ''}, ${ids[number + 1] ?? ''}, 1,
        now() + ${isAgo ? -1 : 1}::int * ${due.replace(' ago', '')}::interval)`
  }
}
