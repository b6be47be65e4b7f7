import t from 'tap'
import { deliveryStates } from '../../src/db/index.ts'
import { cancelNotification, releaseParked, retryFailed, skipWaiting } from '../../src/deliveries/index.ts'
import { addCounts, completeCounts } from '../../src/notifications/index.ts'
import { toProgress } from '../../src/notifications/progress.ts'
import type { ProgressRow } from '../../src/notifications/progress.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { countsOf, insertDeliveries, openBroadcast } from './broadcasts.ts'

const database = await openTestDatabase(t)
const { sql } = database
const everyState = [...deliveryStates]

t.test('the counts of a broadcast equal its rows after', async (t) => {
  const statements: Array<[string, (id: string, connectionIds: string[]) => Promise<unknown>, object]> = [
    ['an insert', async () => {}, { sent: 1, queued: 1, failed: 1 }],
    ['a second insert', async (id) => { await insertDeliveries(database, id, ['sent', 'sent', 'parked']) }, { sent: 3, parked: 2 }],
    ['a settlement', (id) => sql`
      update deliveries set state = 'sent', attempts = 1, claim_id = null, receipt = '{"id": "p1"}'
      where notification_id = ${id} and state = 'sending'`, { sending: 0, sent: 2 }],
    ['a retry of what has failed', (id) => retryFailed(database, id), { failed: 0, unknown: 0, queued: 3 }],
    ['a release', (_id, connectionIds) => releaseParked(database, connectionIds), { parked: 0, queued: 2 }],
    ['a disconnection', async (_id, connectionIds) => {
      for (const connectionId of connectionIds) await skipWaiting(database, connectionId)
    }, { queued: 0, retrying: 0, parked: 0, skipped: 4 }],
    ['a cancellation', (id) => cancelNotification(database, id), { queued: 0, retrying: 0, parked: 0, canceled: 4, sending: 1 }],
    ['an expiry', (id) => sql`
      update deliveries set state = 'expired', due_at = null, parked_at = null, reason = 'expired'
      where notification_id = ${id} and (due_at is not null or parked_at is not null)`, { queued: 0, expired: 4 }],
    ['a deletion', (id, connectionIds) => sql`delete from deliveries where notification_id = ${id} and connection_id = any (${connectionIds.slice(0, 5)}::uuid[])`,
      { queued: 0, sending: 0, retrying: 0, parked: 0, sent: 0, failed: 1 }],
    ['a statement that changes no state', (id) => sql`update deliveries set updated_at = now() where notification_id = ${id}`, { queued: 1 }],
    ['a statement that changes nothing', (id) => sql`update deliveries set updated_at = now() where notification_id = ${id} and false`, {}]
  ]
  for (const [what, change, expected] of statements) {
    const id = await openBroadcast(database)
    const connectionIds = await insertDeliveries(database, id, everyState)
    await change(id, connectionIds)
    const { kept, rows } = await countsOf(database, id)
    t.same(kept, rows, what)
    t.match(kept, expected, what)
  }
})

t.test('counts several broadcasts in one statement, each at its own provider', async (t) => {
  const ids = [await openBroadcast(database), await openBroadcast(database)]
  for (const id of ids) {
    await insertDeliveries(database, id, ['sending', 'sending', 'sending'])
    await sql`insert into progress (notification_id, provider, audience, planned_to) values (${id}, 'other', 0, ${id})`
  }
  await sql`update deliveries set state = 'failed', claim_id = null, reason = 'because' where notification_id = any (${ids})`
  for (const id of ids) t.same((await countsOf(database, id)).kept, completeCounts({ failed: 3 }))
  const others = await sql`select failed, version from progress where provider = 'other' and notification_id = any (${ids})`
  t.match(others, [{ failed: 0, version: '0' }, { failed: 0, version: '0' }])
})

t.test('counts correctly when many batches settle concurrently', async (t) => {
  const id = await openBroadcast(database)
  const connectionIds = await insertDeliveries(database, id, Array.from({ length: 100 }, () => 'sending' as const))
  await Promise.all(connectionIds.map((connectionId) => sql`
    update deliveries set state = 'failed', claim_id = null, reason = 'because'
    where notification_id = ${id} and connection_id = ${connectionId}`))
  t.same((await countsOf(database, id)).kept, completeCounts({ failed: 100 }))
  t.match(await sql`select version from progress where notification_id = ${id}`, [{ version: '101' }], 'once per statement')
})

t.test('does not count notifications to named users', async (t) => {
  const id = await openBroadcast(database)
  await sql`delete from progress where notification_id = ${id}`
  await insertDeliveries(database, id, everyState)
  t.same(await sql`select from progress where notification_id = ${id}`, [])
})

t.test('ends when no delivery is pending, and starts again when one is', async (t) => {
  const id = await openBroadcast(database)
  const isEnded = async (): Promise<boolean> => {
    const [row] = await sql<[{ ended: boolean }]>`select ended_at is not null as ended from progress where notification_id = ${id}`
    return row.ended
  }
  const [first = ''] = await insertDeliveries(database, id, ['queued', 'parked', 'sent'])
  t.notOk(await isEnded())
  await skipWaiting(database, first)
  t.ok(await isEnded(), 'a parked delivery is not pending')
  await insertDeliveries(database, id, ['failed'])
  t.ok(await isEnded())
  await retryFailed(database, id)
  t.notOk(await isEnded())
})

t.test('keeps the end when a parked delivery is released', async (t) => {
  const id = await openBroadcast(database)
  const connectionIds = await insertDeliveries(database, id, ['sending', 'parked', 'sent'])
  const settle = () => sql`
    update deliveries set state = 'failed', claim_id = null, due_at = null, reason = 'because'
    where notification_id = ${id} and state in ('sending', 'queued')`
  await settle()
  await sql`update progress set ended_at = ended_at - interval '1 hour' where notification_id = ${id}`
  const endOf = async () => (await sql`select ended_at from progress where notification_id = ${id}`)[0]?.['ended_at']
  const end = await endOf()
  t.ok(end)
  t.equal(await releaseParked(database, connectionIds), 1)
  t.equal(await endOf(), end)
  await settle()
  t.equal(await endOf(), end)
})

t.test('counts deliveries that ended by second', async (t) => {
  const id = await openBroadcast(database)
  await insertDeliveries(database, id, ['sent', 'sent', 'failed', 'queued', 'sending'])
  await sql`update deliveries set state = 'failed', claim_id = null, reason = 'because' where notification_id = ${id} and state = 'sending'`
  const [row] = await sql<[{ recent: number[], isNow: boolean }]>`
    select recent, abs(recent_second - extract(epoch from now())) < 60 as "isNow" from progress where notification_id = ${id}`
  t.equal(row.recent.length, 16)
  t.equal(row.recent.reduce((sum, number) => sum + number), 4)
  t.ok(row.isNow)
})

t.test('stores the counts of sixteen seconds in a ring buffer', async (t) => {
  const count = async (notify: number[], newest: number, second: number, number: number): Promise<number[]> => {
    const [row] = await sql<[{ buffer: number[] }]>`
      select count_recent(${notify}::int[], ${newest}::bigint, ${second}::bigint, ${number}::int) as buffer`
    return row.buffer
  }
  const at = (entries: Record<number, number>): number[] => Array.from({ length: 16 }, (_, place) => entries[place] ?? 0)
  const full = Array.from({ length: 16 }, () => 9)
  t.same(await count(at({}), 0, 1_600, 5), at({ 0: 5 }), 'the first delivery')
  t.same(await count(at({ 0: 5 }), 1_600, 1_600, 2), at({ 0: 7 }), 'more deliveries in the same second')
  t.same(await count(at({ 0: 7 }), 1_600, 1_601, 3), at({ 0: 7, 1: 3 }), 'deliveries in the next second')
  t.same(await count(full, 1_600, 1_603, 1), full.map((number, place) => place === 3 ? 1 : [1, 2].includes(place) ? 0 : number), 'seconds without deliveries are empty')
  t.same(await count(full, 1_600, 1_616, 4), at({ 0: 4 }), 'after a whole turn the buffer is empty')
  t.same(await count(full, 1_600, 9_999_999, 4), at({ [9_999_999 % 16]: 4 }))
  t.same(await count(full, 1_600, 1_615, 4), [9, ...Array.from({ length: 14 }, () => 0), 4], 'one second earlier it still has the oldest count')
})

t.test('calculates rate and remaining time from the last whole seconds', async (t) => {
  const second = 1_000_010
  const notify = (entries: Record<number, number>): number[] =>
    Array.from({ length: 16 }, (_, place) => Object.entries(entries).find(([at]) => Number(at) % 16 === place)?.[1] ?? 0)
  const row = (fields: Partial<ProgressRow>): ProgressRow => ({
    ...completeCounts({}), provider: 'pushbullet', recent: notify({}), recentSecond: second, second, startedSecond: second - 100, ...fields
  })
  const steady = notify(Object.fromEntries(Array.from({ length: 10 }, (_, index) => [second - 1 - index, 50])))
  t.match(toProgress(row({ recent: steady, queued: 1_000, sent: 500 })), { perSecond: 50, secondsLeft: 20 })
  t.match(toProgress(row({ recent: steady, queued: 999, sending: 1, retrying: 1 })), { secondsLeft: 21 }, 'rounded up')
  t.match(toProgress(row({ recent: notify({ [second]: 700, [second - 1]: 50 }), queued: 10 })), { perSecond: 5 }, 'without the current second, which has not ended')
  t.match(toProgress(row({ recent: notify({ [second - 11]: 700 }), queued: 10 })), { perSecond: 0, secondsLeft: null }, 'and no older ones')
  t.match(toProgress(row({ recent: notify({ [second - 1]: 60, [second - 2]: 40 }), startedSecond: second - 1.5, queued: 100 })),
    { perSecond: 50, secondsLeft: 2 }, 'a broadcast that has just started, by its own duration')
  t.match(toProgress(row({ recent: steady, recentSecond: second - 16, queued: 10 })), { perSecond: 0 }, 'an outdated buffer does not count')
  t.match(toProgress(row({ startedSecond: null, queued: 10 })), { perSecond: 0, secondsLeft: null })
  t.match(toProgress(row({ recent: steady, parked: 7, sent: 3 })), { secondsLeft: 0 }, 'a parked delivery takes no time')
})

t.test('sums counts', async (t) => {
  t.same(addCounts([completeCounts({ sent: 1, failed: 2 }), completeCounts({ sent: 3 })]), completeCounts({ sent: 4, failed: 2 }))
  t.same(addCounts([]), completeCounts({}))
})
