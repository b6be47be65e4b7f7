import { disconnect } from '@carillon/shared/connections'
import { markNeedsReauth } from '@carillon/shared/grants'
import { putTeam } from '@carillon/shared/teams'
import { claimSegment, findDelivery } from '@carillon/shared/deliveries'
import { findNotification } from '@carillon/shared/notifications'
import type { SegmentJob } from '@carillon/shared/deliveries'
import type { Draft } from '@carillon/shared/notifications'
import { backends } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { deliver } from '../../src/delivery/deliver.ts'
import { deliverSegment } from '../../src/delivery/deliver-segment.ts'
import { reconcile } from '../../src/maintenance/reconcile.ts'
import { plan } from '../../src/planning/plan.ts'
import { cutSegments, openPlan } from '../../src/planning/segments.ts'
import { startTestStack } from '../start-test-stack.ts'

const [postgres] = await backends()
const userNames = (count: number): string[] => Array.from({ length: count }, (_, number) => `user-${number}`)

/** A stack without a worker. The test calls the planner and the delivery itself. */
async function openStill (t: Test, perSecond = new Map<string, number>()) {
  if (postgres === undefined) throw new Error('PostgreSQL is always there')
  const stack = await startTestStack(t, await postgres.open(t), { start: false, perSecond })
  const { database, notify, services } = stack
  const broadcast = async (fields: Partial<Draft> = {}): Promise<string> =>
    (await notify([], { audience: { everyone: true }, ...fields })).id
  const segments = () => database.sql<Array<SegmentJob & { size: number, after: string, last: string, seconds: number }>>`
    select notification_id as "notificationId", number, size, after_id as after, last_id as last,
      extract(epoch from due_at - min(due_at) over ())::float8 as seconds
    from segments order by number`
  const deliverAll = async (): Promise<void> => {
    for (const { notificationId, number } of await segments()) await deliverSegment(services, 'pushbullet', { notificationId, number })
  }
  const planNow = (notificationId: string) => plan(services, { notificationId })
  return { ...stack, broadcast, segments, deliverAll, planNow }
}

t.test('reaches the users who were connected when it was accepted, and no later ones', async (t) => {
  const { connect, broadcast, planNow, deliverAll, database, inbox, services } = await openStill(t)
  const [stays = '', back = '', leaves = '', tired = '', gone = ''] = await connect('stays', 'back', 'leaves', 'tired', 'gone')
  await disconnect(database, gone)
  const id = await broadcast()
  const [early = ''] = await connect('early')
  await planNow(id)
  const [late = ''] = await connect('late')
  await disconnect(database, back)
  await connect('back')
  await disconnect(database, leaves)
  await markNeedsReauth(database, { grantId: tired, credentialsVersion: 1, reason: 'tokenRevoked' })
  await connect('gone')
  await deliverAll()

  t.match(await findDelivery(database, id, stays), { state: 'sent', attempts: 1 })
  t.match(await findDelivery(database, id, leaves), { state: 'skipped', reason: 'disconnected', history: [{ event: 'skipped' }] })
  t.match(await findDelivery(database, id, tired), { state: 'parked', reason: 'tokenRevoked', history: [{ event: 'parked' }] })
  for (const connectionId of [early, late, gone]) t.equal(await findDelivery(database, id, connectionId), undefined, 'who came since is not rung')
  t.equal(await findDelivery(database, id, back), undefined, 'nor who went and came back')
  const found = await findNotification(database, id)
  t.match(found, { status: 'parked', counts: { sent: 1, skipped: 1, parked: 1, queued: 0, sending: 0 } })
  const [progress] = await database.sql`select audience from progress where notification_id = ${id}`
  t.equal(progress?.['audience'], 3, 'and the audience is those who are accounted for')
  t.equal((await inbox()).length, 1)

  await connect('tired')
  await deliver(services, 'pushbullet', { deliveries: [[id, tired]] })
  t.match(await findDelivery(database, id, tired), { state: 'sent', history: [{ event: 'parked' }, { event: 'released' }, { event: 'attempt' }] })
  t.match(await findNotification(database, id), { status: 'completed', counts: { sent: 2, skipped: 1, parked: 0 } })
})

t.test('reaches connections of users, not of teams', async (t) => {
  const { connect, broadcast, planNow, segments, deliverAll, database, inbox } = await openStill(t)
  const [ann = '', held = '', later = ''] = await connect('ann', 'held', 'later')
  await putTeam(database, { externalId: 'crew', name: 'Crew', ownerId: 'ann', memberIds: [] })
  const giveToTeam = (id: string) => database.sql`
    update connections set user_id = null, team_id = (select id from teams) where id = ${id}`
  await giveToTeam(held)
  const id = await broadcast()
  await planNow(id)
  t.match(await segments(), [{ size: 2 }], 'it is not counted')
  await database.sql`delete from connections where id = ${held}`
  await giveToTeam(later)
  await deliverAll()
  t.match(await findDelivery(database, id, ann), { state: 'sent' })
  t.equal(await findDelivery(database, id, later), undefined, 'nor claimed')
  t.equal((await inbox()).length, 1)
})

t.test('uses only the requested providers', async (t) => {
  const { connect, broadcast, planNow, segments, database } = await openStill(t)
  const [ann = ''] = await connect('ann')
  await database.sql`
    with granted as (insert into grants (id, provider, status, credentials) values (gen_random_uuid(), 'retired', 'active', 'sealed') returning id)
    insert into connections (id, user_id, provider, status, account_id, account_name, grant_id)
    select granted.id, user_id, 'retired', 'active', 'a', 'a', granted.id from granted, connections where connections.id = ${ann}`
  const none = await broadcast({ providers: ['retired'] })
  await planNow(none)
  t.match(await findNotification(database, none), { status: 'completed', progress: [], counts: { queued: 0 } }, 'a provider that is not offered gets no requests')
  const one = await broadcast({ providers: ['retired', 'pushbullet'] })
  await planNow(one)
  t.match(await findNotification(database, one), { status: 'accepted', progress: [{ provider: 'pushbullet', counts: { queued: 1 } }] })
  t.match(await segments(), [{ notificationId: one, size: 1, last: ann }])
})

t.test('completes immediately without an audience', async (t) => {
  const { broadcast, planNow, database } = await openStill(t)
  const id = await broadcast()
  t.match(await findNotification(database, id), { status: 'accepted' })
  await planNow(id)
  t.match(await findNotification(database, id), { status: 'completed', counts: { queued: 0, sent: 0 } })
})

t.test('sends nothing after it has expired', async (t) => {
  const { connect, broadcast, planNow, deliverAll, database, inbox, segments } = await openStill(t)
  await connect(...userNames(5))
  const id = await broadcast({ expiresAt: new Date(Date.now() + 60_000) })
  await planNow(id)
  await database.sql`update connections set connected_at = connected_at - interval '1 hour'`
  await database.sql`update notifications set created_at = created_at - interval '10 minutes', expires_at = now() - interval '1 second'`
  await deliverAll()
  t.match(await findNotification(database, id), { status: 'completed', counts: { expired: 5, queued: 0 } })
  t.match(await database.sql`select distinct state, reason from deliveries`, [{ state: 'expired', reason: 'expired' }])
  t.same([...await segments()], [])
  t.same(await inbox(), [])
})

t.test('waits until its send time', async (t) => {
  const { connect, broadcast, planNow, segments, database } = await openStill(t)
  await connect('ann')
  const id = await broadcast({ sendAt: new Date(Date.now() + 3600_000) })
  await planNow(id)
  t.same([...await segments()], [], 'a plan that comes early waits')
  t.match(await findNotification(database, id), { status: 'scheduled' })
})

t.test('spreads over the requested time', async (t) => {
  const { connect, broadcast, planNow, segments } = await openStill(t)
  await connect(...userNames(100))
  await planNow(await broadcast({ spreadSeconds: 10 }))
  const cut = await segments()
  t.same(cut.map(({ size }) => size), Array.from({ length: 10 }, () => 10))
  t.same(cut.map(({ seconds }) => Math.round(seconds)), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

t.test('stays within the rate of its provider', async (t) => {
  const { connect, broadcast, planNow, segments } = await openStill(t, new Map([['pushbullet', 20]]))
  await connect(...userNames(100))
  await planNow(await broadcast())
  const cut = await segments()
  t.same(cut.map(({ size, seconds }) => [size, Math.round(seconds)]), [[20, 0], [20, 1], [20, 2], [20, 3], [20, 4]])
})

t.test('a crashed plan continues at its position, and each connection is in one segment', async (t) => {
  const { connect, broadcast, planNow, segments, database } = await openStill(t)
  const connectionIds = (await connect(...userNames(1_234))).sort()
  const id = await broadcast()
  await openPlan(database, id, ['pushbullet'])
  const cut = await cutSegments(database, { notificationId: id, provider: 'pushbullet', size: 100, secondsEach: 0, limit: 3 })
  t.match(cut, { isPlanned: false, segments: { length: 3 } })
  t.match(await findNotification(database, id), { status: 'planning', counts: { queued: 300 } })
  await Promise.all([planNow(id), planNow(id)])
  await planNow(id)
  const all = await segments()
  t.same(all.map(({ number }) => number), [...all.keys()])
  const homesOf = (id: string): number => all.filter(({ after, last }) => after < id && id <= last).length
  t.ok(connectionIds.every((connectionId) => homesOf(connectionId) === 1))
  t.equal(all.reduce((sum, { size }) => sum + size, 0), 1_234)
  t.match(await findNotification(database, id), { status: 'accepted', counts: { queued: 1_234 } })
})

t.test('only one of two simultaneous claims gets a segment', async (t) => {
  const { connect, broadcast, planNow, database, segments } = await openStill(t)
  await connect(...userNames(50))
  const id = await broadcast()
  await planNow(id)
  const request = { provider: 'pushbullet', segment: { notificationId: id, number: 0 }, max: 500, restMs: 0, leaseMs: 60_000 }
  const claims = await Promise.all(Array.from({ length: 4 }, () => claimSegment(database, request)))
  t.same(claims.flatMap((claim) => claim === undefined ? [] : [claim.claimed.length]), [50])
  t.same([...await segments()], [])
  t.match(await findNotification(database, id), { counts: { sending: 50, queued: 0 } })
  t.equal((await database.sql`select from claims`).length, 1)
})

t.test('a segment may be claimed in parts, each connection once', async (t) => {
  const { connect, broadcast, planNow, database, segments } = await openStill(t)
  const connectionIds = await connect(...userNames(50))
  const id = await broadcast()
  await planNow(id)
  const request = { provider: 'pushbullet', segment: { notificationId: id, number: 0 }, max: 20, restMs: 0, leaseMs: 60_000 }
  const claimPart = () => claimSegment(database, request)
  const parts = [await claimPart(), await claimPart(), await claimPart()]
  t.same(parts.map((part) => [part?.claimed.length, part?.rest === undefined]), [[20, false], [20, false], [10, true]])
  t.same(parts.flatMap((part) => part?.claimed ?? []).map(({ connectionId }) => connectionId).sort(), connectionIds.sort())
  t.same([...await segments()], [])
  t.equal(await claimSegment(database, request), undefined)
  t.match(await findNotification(database, id), { counts: { sending: 50, queued: 0 } })
})

t.test('a claim of a crashed worker is reclaimed and counted', async (t) => {
  const { connect, broadcast, planNow, database, services } = await openStill(t)
  await connect(...userNames(30))
  const id = await broadcast()
  await planNow(id)
  await claimSegment(database, {
    provider: 'pushbullet', segment: { notificationId: id, number: 0 }, max: 500, restMs: 0, leaseMs: 60_000
  })
  await reconcile(services)
  t.match(await findNotification(database, id), { counts: { sending: 30 } }, 'not before its lease has ended')
  await database.sql`update claims set until = now() - interval '1 second'`
  await reconcile(services)
  t.match(await findNotification(database, id), { counts: { sending: 0, retrying: 30, queued: 0 } })
  t.match(await database.sql`select distinct state, attempts, reason from deliveries`, [{ state: 'retrying', attempts: 1, reason: 'workerLost' }])
  t.same([...await database.sql`select from claims`], [])
})
