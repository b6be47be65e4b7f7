import { countLockWaits, until } from '@carillon/testing'
import t from 'tap'
import { newId } from '../../src/db/index.ts'
import {
  cancelNotification, claim, claimSegment, errorOutcome, expireWaiting, followConnections, insertNotifications, parkedOutcome,
  reclaimLost, releaseParked, retryFailed, sentOutcome, settle, skipWaiting
} from '../../src/deliveries/index.ts'
import type { Outcome } from '../../src/deliveries/index.ts'
import { readEvents } from '../../src/events/index.ts'
import { ProviderError } from '../../src/providers/index.ts'
import { fromNow, openRows } from '../deliveries/open-rows.ts'
import { draftTo } from '../notifications/drafts.ts'

const { database, frozen, insertConnection, insertNotification, insertDelivery, insertClaim } = await openRows(t)
const { sql } = database
const sent = sentOutcome({ id: 'p1' }, 1)
const rejected = errorOutcome(new ProviderError({ kind: 'rejected', reason: 'too long' }, 'pushbullet.example', 400), 0, Date.now(), 1)

/** The completions of a notification, in their order. */
async function completionsOf (id: string): Promise<unknown[]> {
  const { events } = await readEvents(database, { after: 0, limit: 100_000, types: ['notification.completed'] })
  return events.flatMap(({ data }) => 'notificationId' in data && data.notificationId === `ntf_${id}` ? [data] : [])
}

const completed = (id: string, counts: object, status = 'completed') => [{ notificationId: `ntf_${id}`, status, counts }]

/** A notification with a queued delivery to each of these many connections. */
async function open (size: number, fields = {}): Promise<{ id: string, connectionIds: string[] }> {
  const id = await insertNotification(fields)
  const connectionIds = await Promise.all(Array.from({ length: size }, () => insertConnection()))
  for (const connectionId of connectionIds) await insertDelivery(id, connectionId)
  return { id, connectionIds: connectionIds.toSorted() }
}

/** Claims one delivery, and writes its outcome. */
async function send (id: string, connectionId: string, outcome: Outcome = sent, pool = database): Promise<void> {
  const { id: claimId, claimed } = await claim(pool, 'pushbullet', [[id, connectionId]], 60_000)
  await settle(pool, { claimId, settlements: claimed.map((delivery) => ({ delivery, outcome })), isLast: true, now: Date.now() })
}

t.test('completes with the last delivery that is settled', async (t) => {
  const { id, connectionIds: [one = '', two = '', three = ''] } = await open(3)
  await send(id, one)
  await send(id, three, rejected)
  t.same(await completionsOf(id), [])
  await send(id, two)
  t.same(await completionsOf(id), completed(id, { sent: 2, failed: 1 }))
})

t.test('a parked delivery is not the end, and its release is followed by one completion', async (t) => {
  const { id, connectionIds: [one = ''] } = await open(1)
  await send(id, one, parkedOutcome('revoked', false))
  t.same(await completionsOf(id), [])
  await releaseParked(database, [one])
  await send(id, one)
  t.same(await completionsOf(id), completed(id, { sent: 1 }))
})

t.test('completes when its waiting deliveries are canceled, skipped or expire', async (t) => {
  const canceled = await open(2)
  await send(canceled.id, canceled.connectionIds[0] ?? '')
  await cancelNotification(database, canceled.id)
  t.same(await completionsOf(canceled.id), completed(canceled.id, { sent: 1, canceled: 1 }, 'canceled'))

  const expired = await open(2, { expires_at: fromNow(-1) })
  await expireWaiting(database)
  t.same(await completionsOf(expired.id), completed(expired.id, { expired: 2 }))
  const late = await open(1, { expires_at: fromNow(-1) })
  await claim(database, 'pushbullet', [[late.id, late.connectionIds[0] ?? '']], 60_000)
  t.same(await completionsOf(late.id), completed(late.id, { expired: 1 }), 'at the claim')

  const skipped = await open(1)
  await skipWaiting(database, skipped.connectionIds[0] ?? '')
  t.same(await completionsOf(skipped.id), completed(skipped.id, { skipped: 1 }))
  const left = await open(1)
  await sql`update connections set status = 'revoked', status_reason = 'gone', disconnected_at = now() where id = any (${left.connectionIds}::uuid[])`
  await followConnections(database)
  t.same(await completionsOf(left.id), completed(left.id, { skipped: 1 }))
})

t.test('completes when the worker is lost and the result is unknown, and again after a retry', async (t) => {
  const { id, connectionIds } = await open(1)
  await insertClaim(id, connectionIds, fromNow(-1))
  await reclaimLost(database, [])
  t.same(await completionsOf(id), completed(id, { unknown: 1 }))
  await retryFailed(database, id)
  t.equal((await completionsOf(id)).length, 1)
  await send(id, connectionIds[0] ?? '')
  t.same(await completionsOf(id), [...completed(id, { unknown: 1 }), ...completed(id, { sent: 1 })])
})

t.test('completes at once when it reaches no connection, or only muted ones', async (t) => {
  const connectionId = await insertConnection({ muted: 'muted' })
  const [user] = await sql<Array<{ name: string }>>`
    select external_id as name from users join connections on user_id = users.id where connections.id = ${connectionId}`
  const drafts = [draftTo(['who']), draftTo([user?.name ?? '']), draftTo([user?.name ?? '', 'who'])]
  await insertNotifications(database, drafts, ['pushbullet'])
  for (const [index, counts] of [{}, { skipped: 1 }, { skipped: 1 }].entries()) {
    const id = drafts[index]?.id ?? ''
    t.same(await completionsOf(id), completed(id, counts))
  }
  const reached = draftTo([user?.name ?? ''])
  await sql`update connections set muted = null where id = ${connectionId}`
  await insertNotifications(database, [reached], ['pushbullet'])
  t.same(await completionsOf(reached.id), [])
})

t.test('two transactions that end the last deliveries at the same time complete it once', async (t) => {
  const { id, connectionIds: [one = '', two = ''] } = await open(2)
  await frozen.sql`begin`
  await send(id, one, sent, frozen)
  const waiting = send(id, two)
  await until(async () => await countLockWaits(database) === 1)
  await frozen.sql`commit`
  await waiting
  t.same(await completionsOf(id), completed(id, { sent: 2 }))
})

t.test('many batches at the same time complete each notification once, without a deadlock', async (t) => {
  const connectionIds = await Promise.all(Array.from({ length: 12 }, () => insertConnection()))
  const ids = await Promise.all(Array.from({ length: 20 }, () => insertNotification()))
  for (const id of ids) for (const connectionId of connectionIds) await insertDelivery(id, connectionId)
  const claims = await Promise.all(connectionIds.map((connectionId) =>
    claim(database, 'pushbullet', ids.map((id) => [id, connectionId]), 60_000)))
  await Promise.all([
    ...claims.map(({ id: claimId, claimed }) =>
      settle(database, {
        claimId, settlements: claimed.map((delivery) => ({ delivery, outcome: sent })), isLast: true, now: Date.now()
      })),
    ...ids.map((id) => cancelNotification(database, id))
  ])
  for (const id of ids) t.match(await completionsOf(id), [{ counts: { sent: 12 } }])
})

/** A broadcast at two providers. `waiting` connections of each are in a segment. */
async function openBroadcast (waiting: number): Promise<string> {
  const id = await insertNotification({ audience: '{"everyone":true}', planned_at: null, created_at: fromNow(-60) })
  for (const provider of ['pushbullet', 'slack']) {
    await sql`insert into progress (notification_id, provider, audience, planned_to, is_planned, queued) values (${id}, ${provider}, 0, ${id}, true, 0)`
    if (waiting === 0) continue
    await sql`update progress set queued = ${waiting}, audience = ${waiting} where notification_id = ${id} and provider = ${provider}`
    await sql`insert into segments ${sql({
      notification_id: id, provider, number: 1, after_id: '00000000-0000-0000-0000-000000000000', last_id: 'ffffffff-ffff-ffff-ffff-ffffffffffff', size: waiting, due_at: fromNow(-1)
    })}`
  }
  return id
}

const plan = (id: string) => sql`update notifications set planned_at = now() where id = ${id}`
const take = (id: string, provider: string) =>
  claimSegment(database, { provider, segment: { notificationId: id, number: 1 }, max: 500, restMs: 0, leaseMs: 60_000 })

t.test('a broadcast completes with the last provider', async (t) => {
  await sql`update connections set status = 'revoked', status_reason = 'gone', disconnected_at = connected_at`
  for (const provider of ['pushbullet', 'slack', 'slack']) await insertConnection({ provider })
  const id = await openBroadcast(2)
  await plan(id)
  const [push, slack] = [await take(id, 'pushbullet'), await take(id, 'slack')]
  t.same([push?.claimed.length, slack?.claimed.length], [1, 2])
  t.same(await completionsOf(id), [], 'the segments are empty, and their deliveries are being sent')
  for (const [number, taken] of [push, slack].entries()) {
    if (taken === undefined) continue
    const settlements = taken.claimed.map((delivery) => ({ delivery, outcome: number === 0 ? sent : rejected }))
    await settle(database, { claimId: taken.id, settlements, isLast: true, now: Date.now() })
    t.same(await completionsOf(id), number === 0 ? [] : completed(id, { sent: 1, failed: 2 }))
  }
})

t.test('a broadcast completes when its segments contain no connections, and when its plan is empty', async (t) => {
  await sql`update connections set status = 'revoked', status_reason = 'gone', disconnected_at = connected_at`
  const left = await openBroadcast(3)
  await plan(left)
  await take(left, 'pushbullet')
  t.same(await completionsOf(left), [])
  await take(left, 'slack')
  t.same(await completionsOf(left), completed(left, {}))

  const empty = await openBroadcast(0)
  t.same(await completionsOf(empty), [])
  await plan(empty)
  t.same(await completionsOf(empty), completed(empty, {}))
  await plan(empty)
  t.equal((await completionsOf(empty)).length, 1)
})

t.test('a broadcast that is canceled completes once, before and after its plan', async (t) => {
  const unplanned = newId()
  await insertNotifications(database, [draftTo([], { id: unplanned, audience: { everyone: true } })], ['pushbullet'])
  t.same(await completionsOf(unplanned), [])
  await cancelNotification(database, unplanned)
  t.same(await completionsOf(unplanned), completed(unplanned, {}, 'canceled'))

  await insertConnection()
  await insertConnection({ provider: 'slack' })
  const planned = await openBroadcast(1)
  await plan(planned)
  const taken = await take(planned, 'pushbullet')
  const settlements = (taken?.claimed ?? []).map((delivery) => ({ delivery, outcome: parkedOutcome('revoked', false) }))
  await settle(database, { claimId: taken?.id ?? '', settlements, isLast: true, now: Date.now() })
  await cancelNotification(database, planned)
  t.same(await completionsOf(planned), [], 'a segment is left')
  await take(planned, 'slack')
  t.same(await completionsOf(planned), completed(planned, { canceled: 2 }, 'canceled'))
})

t.test('providers that end in one transaction complete a broadcast once', async (t) => {
  const id = await openBroadcast(0)
  await plan(id)
  await sql`delete from events`
  const connections = [newId(), newId()]
  await sql`
    insert into deliveries (notification_id, connection_id, provider, state, due_at)
    select ${id}::uuid, id, provider, 'queued', now()
    from unnest(${connections}::uuid[], array['pushbullet', 'slack']) as row (id, provider)`
  await cancelNotification(database, id)
  t.same(await completionsOf(id), completed(id, { canceled: 2 }, 'canceled'))
})
