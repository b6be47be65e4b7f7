import t from 'tap'
import { disconnect, saveConnections, updateConnection } from '../../../src/connections/index.ts'
import { markNeedsReauth } from '../../../src/grants/index.ts'
import { createApiKey, revokeApiKey } from '../../../src/api-keys/index.ts'
import { findMembership, putTeam } from '../../../src/teams/index.ts'
import { ensureUser } from '../../../src/users/index.ts'
import { insertNotifications } from '../../../src/deliveries/sql/insert-notifications.ts'
import { findNotification, previewAudience } from '../../../src/notifications/index.ts'
import type { Batch } from '../../../src/deliveries/index.ts'
import type { Draft } from '../../../src/notifications/index.ts'
import { openCountedDatabase } from '../../open-counted-database.ts'
import { connect, grantOf, vault } from '../../people.ts'
import { draftTo } from '../../notifications/drafts.ts'

const offered = ['pushbullet', 'other']
const database = await openCountedDatabase(t)
const [ann = '', bob = '', parked = '', gone = ''] = await connect(database, ['ann', 'bob', 'parked', 'gone'])
const [annOther = ''] = await connect(database, ['ann'], 'other')
await connect(database, ['elsewhere'], 'retired')
await markNeedsReauth(database, { grantId: parked, credentialsVersion: 1, reason: 'tokenRevoked' })
await disconnect(database, gone)
await ensureUser(database, { externalId: 'newcomer' })

const insert = async (...drafts: Draft[]) => insertNotifications(database, drafts, offered)
const deliveriesOf = ({ id }: Draft) => database.sql`
  select connection_id as "connectionId", provider, state, attempts, job_id as "jobId", reason, due_at <= now() as "isDue",
    parked_at <= now() as "isParked", history
  from deliveries where notification_id = ${id} order by connection_id`

function nameOf (one: object): string {
  return 'userId' in one ? String(one.userId) : ''
}

t.test('reaches one connection of a user who has several, where the draft names it', async (t) => {
  const reached = async (connectionId?: string) => {
    const draft = draftTo(['ann'], { connectionId })
    await insert(draft)
    return (await deliveriesOf(draft)).map((row) => row['connectionId'])
  }
  t.same(await reached(), [ann, annOther].sort())
  t.same(await reached(annOther), [annOther])
  t.same(await reached(bob), [], 'and none of another user')
})

t.test('skips a muted connection, which still counts as reached', async (t) => {
  await updateConnection(database, annOther, { muted: 'unsubscribed' })
  const draft = draftTo(['ann'])
  const { accepted: [accepted] } = await insert(draft)
  t.match(accepted, { deliveries: 2, parked: 0, unreachable: [], reached: [{ provider: 'other', skipped: 1 }, { provider: 'pushbullet', queued: 1 }] })
  t.match((await deliveriesOf(draft)).find((row) => row['connectionId'] === annOther), {
    state: 'skipped', reason: 'unsubscribed', jobId: null, history: [{ event: 'skipped', reason: 'unsubscribed' }]
  })
  for (const audience of [draft.audience, { everyone: true } as const]) {
    t.match(await previewAudience(database, audience, ['other'], new Map()), { providers: [{ reachable: 0, parked: 0, muted: 1 }] })
  }
  await updateConnection(database, annOther, { muted: null })
})

t.test('creates a notification and a delivery for each usable connection, in one statement', async (t) => {
  const draft = draftTo(['ann', 'bob'])
  database.statements.length = 0
  const { accepted, batches } = await insert(draft)
  t.equal(database.statements.length, 1)
  t.match(accepted, [{ id: draft.id, createdAt: Date, unreachable: [], deliveries: 3, parked: 0 }])
  t.ok(Math.abs((accepted[0]?.createdAt.getTime() ?? 0) - Date.now()) < 60_000)
  const rows = await deliveriesOf(draft)
  t.match(rows, [ann, bob, annOther].map((connectionId) => ({
    connectionId, state: 'queued', attempts: 0, reason: null, isDue: true, history: [{ event: 'queued', at: String }]
  })))
  const handed = handedOut(batches)
  t.same(handed.map(({ connectionId }) => connectionId).sort(), [ann, bob, annOther].sort())
  t.ok(handed.every(({ jobId, connectionId }) => rows.some((row) => row['jobId'] === jobId && row['connectionId'] === connectionId)))
})

t.test('stores everything in a draft', async (t) => {
  const { id: createdBy } = await createApiKey(database, { name: 'site', scopes: ['notifications:write'] })
  const message = { type: 'link' as const, title: 'Zoë\'s "quote" \\ 🔔', body: '{"a": 1}\n', url: 'https://site.example/?a=1&b=2' }
  const draft = draftTo(['ann'], {
    message, createdBy, providers: ['other'], data: { order: [1, null, 'x'] }, expiresAt: new Date('2031-01-01T12:00:00Z'), sendAt: new Date('2030-01-01T12:00:00Z')
  })
  await insert(draft)
  const [row] = await database.db.query.notifications.findMany({ where: (table, { eq }) => eq(table.id, draft.id) })
  t.match(row, {
    origin: 'api', audience: { userIds: ['ann'] }, message, providers: ['other'], data: { order: [1, null, 'x'] }, sendAt: draft.sendAt, expiresAt: draft.expiresAt, createdBy
  })
})

t.test('stores nothing for a revoked key', async (t) => {
  const [site, gone] = await Promise.all(['site', 'gone'].map((name) => createApiKey(database, { name, scopes: ['notifications:write'] })))
  await revokeApiKey(database, gone?.id ?? '')
  const refused = [draftTo(['ann'], { createdBy: gone?.id }), draftTo(['zed'], { createdBy: gone?.id })]
  const taken = draftTo(['ann'], { createdBy: site?.id })
  const { accepted, batches } = await insert(...refused, taken)
  t.match(accepted, [undefined, undefined, { id: taken.id, deliveries: 2 }])
  t.same(new Set(batches.flatMap(({ deliveries }) => deliveries.map(([id]) => id))), new Set([taken.id]))
  t.same((await insert(...refused)).accepted, [undefined, undefined], 'without other drafts too')
  const ids = refused.map(({ id }) => id)
  t.same(await database.sql`select id from notifications where id = any (${ids}::uuid[])`, [])
  t.same(await database.sql`select from deliveries where notification_id = any (${ids}::uuid[])`, [])
})

t.test('lists unreachable recipients with the reasons', async (t) => {
  const draft = draftTo(['zed', 'newcomer', 'ann', 'gone', 'elsewhere', 'Ann'])
  const { accepted } = await insert(draft)
  const unreachable = [
    { userId: 'Ann', reason: 'unknownUser' },
    { userId: 'elsewhere', reason: 'notConnected' },
    { userId: 'gone', reason: 'notConnected' },
    { userId: 'newcomer', reason: 'notConnected' },
    { userId: 'zed', reason: 'unknownUser' }
  ]
  const byName = (one: object, other: object): number => nameOf(one) < nameOf(other) ? -1 : 1
  t.same(accepted[0]?.unreachable.sort(byName), unreachable)
  t.equal(accepted[0]?.deliveries, 2)
  const [row] = await database.sql<[{ unreachable: typeof unreachable }]>`select unreachable from notifications where id = ${draft.id}`
  t.same([...row.unreachable].sort(byName), unreachable, 'and stores them with the notification')
})

t.test("sends to each member of teams once, through the members' own connections, in one statement", async (t) => {
  await putTeam(database, { externalId: 'crew', name: 'Crew', ownerId: 'ann', memberIds: ['bob', 'newcomer'] })
  await putTeam(database, { externalId: 'board', name: 'Board', ownerId: 'ann', memberIds: ['parked'] })
  const crew = await findMembership(database, { externalId: 'crew' }, { externalId: 'ann' })
  const held = { teamId: crew?.team.id ?? '', connectedBy: crew?.team.owner.id ?? '' }
  await saveConnections(database, vault, [{ ...held, provider: 'pushbullet', grant: grantOf('crew') }])
  const draft = draftTo([], { audience: { teamIds: ['crew', 'board', 'nowhere'] } })
  const alone = draftTo([], { audience: { teamIds: ['board'] }, providers: ['other'] })
  database.statements.length = 0
  const { accepted } = await insert(draft, alone)
  t.equal(database.statements.length, 1)
  t.same((await deliveriesOf(draft)).map(({ connectionId }) => connectionId), [ann, bob, parked, annOther].sort())
  t.match(accepted, [{
    deliveries: 4, parked: 1, unreachable: [{ userId: 'newcomer', reason: 'notConnected' }, { teamId: 'nowhere', reason: 'unknownTeam' }]
  }, { deliveries: 1, unreachable: [{ userId: 'parked', reason: 'notConnected' }] }])
  t.match(await findNotification(database, draft.id), { status: 'accepted', isOver: false, deliveries: 4, counts: { queued: 3, parked: 1 } })
  t.match(await previewAudience(database, draft.audience, offered, new Map()), {
    providers: [{ provider: 'pushbullet', reachable: 2, parked: 1 }, { provider: 'other', reachable: 1, parked: 0 }], unreachable: 2
  })
  t.match(await previewAudience(database, { everyone: true }, ['pushbullet'], new Map()), {
    providers: [{ reachable: 2, parked: 1 }]
  }, "the team's own connection does not count")
})

t.test('accepts a notification without recipients', async (t) => {
  const { accepted, ...work } = await insert(draftTo([]))
  t.match(accepted, [{ deliveries: 0, parked: 0, unreachable: [] }])
  t.same(work, { batches: [], wakes: [], plans: [] })
})

t.test('parks deliveries to connections that need a reconnect, without jobs', async (t) => {
  const draft = draftTo(['parked', 'bob'])
  const { accepted, batches, wakes } = await insert(draft)
  t.match(accepted, [{ deliveries: 2, parked: 1, unreachable: [] }])
  t.same(handedOut(batches).map(({ connectionId }) => connectionId), [bob])
  t.same(wakes, [])
  const rows = await deliveriesOf(draft)
  t.match(rows.find((row) => row['connectionId'] === parked), {
    state: 'parked', reason: 'tokenRevoked', jobId: null, isDue: null, isParked: true, history: [{ event: 'parked', reason: 'tokenRevoked' }]
  })
})

t.test('sends once to a user who is named twice', async (t) => {
  const { accepted, batches } = await insert(draftTo(['bob', 'bob', 'zed', 'zed']))
  t.match(accepted, [{ deliveries: 1, unreachable: [{ userId: 'zed' }] }])
  t.equal(accepted[0]?.unreachable.length, 1)
  t.equal(handedOut(batches).length, 1)
})

t.test('sends through the requested providers', async (t) => {
  const { accepted, batches } = await insert(
    draftTo(['ann', 'bob'], { providers: ['other'] }), draftTo(['ann'], { providers: ['retired'] }), draftTo(['ann'], { providers: [] }))
  t.match(accepted, [
    { deliveries: 1, unreachable: [{ userId: 'bob', reason: 'notConnected' }] },
    { deliveries: 0, unreachable: [{ userId: 'ann', reason: 'notConnected' }] },
    { deliveries: 0, unreachable: [{ userId: 'ann', reason: 'notConnected' }] }
  ])
  t.match(handedOut(batches), [{ connectionId: annOther, provider: 'other' }])
  t.equal(handedOut(batches).length, 1)
})

t.test('waits until the scheduled time, which may be in the past', async (t) => {
  const hour = 3600_000
  const at = (ms: number) => new Date(Date.now() + ms)
  const later = draftTo(['bob'], { sendAt: at(2 * hour) })
  const past = draftTo(['bob'], { sendAt: at(-hour), expiresAt: at(hour) })
  const now = draftTo(['bob'])
  const { batches, wakes } = await insert(later, past, now)
  t.same(handedOut(batches).map(({ notificationId }) => notificationId).sort(), [past.id, now.id].sort(), 'due notifications are sent immediately')
  t.match(wakes, [{ provider: 'pushbullet', delayMs: Number }])
  t.equal(wakes.length, 1)
  const wakeMs = wakes[0]?.delayMs ?? 0
  t.ok(Math.abs(wakeMs - 2 * hour) < 60_000, `the others get a wake-up in ${wakeMs} ms`)
  t.match(await deliveriesOf(later), [{ jobId: null, isDue: false }], 'and have no job until then')
})

t.test('returns results in the order of the drafts', async (t) => {
  const audiences = Array.from({ length: 50 }, (_, index) => index % 3 === 0 ? 'zed' : 'bob')
  const drafts = audiences.map((userId) => draftTo([userId]))
  const shuffled = [...drafts.keys()].reverse()
  const { accepted, batches } = await insert(...shuffled.flatMap((index) => drafts[index] ?? []))
  t.same(accepted.map((one) => one?.id), shuffled.map((index) => drafts[index]?.id))
  t.same(accepted.map((one) => one?.deliveries), shuffled.map((index) => audiences[index] === 'bob' ? 1 : 0))
  t.equal(batches.length, 1, 'due deliveries share one job')
})

t.test('divides many deliveries into jobs of at most 500, each for one provider', async (t) => {
  const names = Array.from({ length: 1_201 }, (_, index) => `many-${index}`)
  await connect(database, names)
  await connect(database, names.slice(0, 501), 'other')
  const sendAt = new Date(Date.now() + 3600_000)
  const later = draftTo(names.slice(0, 600), { sendAt })
  const { batches, wakes } = await insert(draftTo(names), later, draftTo(['parked', ...names.slice(0, 10)]))
  t.same(batches.map(({ provider, deliveries }) => `${provider} ${deliveries.length}`).sort(), [
    'other 11', 'other 500', 'pushbullet 211', 'pushbullet 500', 'pushbullet 500'
  ])
  t.notOk(handedOut(batches).some(({ notificationId }) => notificationId === later.id), 'no job contains a delivery that is due later')
  t.same(wakes.map(({ provider }) => provider).sort(), ['other', 'pushbullet'], 'each provider has one wake-up for them')
  const ids = new Set(batches.map(({ jobId }) => jobId))
  t.equal(ids.size, batches.length)
  t.ok([...ids].every((id) => !id.includes(':')), 'BullMQ accepts the ids of the jobs')
  const again = await insert(draftTo(['bob']))
  t.notOk(ids.has(again.batches[0]?.jobId ?? ''), 'the next statement does not reuse them')
})

t.test('spreads deliveries over the requested time', async (t) => {
  const hour = 3600
  const draft = draftTo(['ann', 'bob'], { spreadSeconds: hour })
  const { batches, wakes } = await insert(draft)
  const rows = await database.sql<Array<{ seconds: number }>>`
    select round(extract(epoch from due_at - created_at))::float8 as seconds from deliveries
    where notification_id = ${draft.id} order by due_at`
  t.same(rows.map(({ seconds }) => seconds), [0, hour / 3, 2 * hour / 3])
  t.equal(handedOut(batches).length, 1, 'the first is sent immediately')
  const soonest = Math.min(...wakes.map(({ delayMs }) => delayMs))
  t.ok(Math.abs(soonest - hour / 3 * 1000) < 60_000, `the next gets a wake-up in ${soonest} ms`)
})

t.test('leaves a broadcast for planning, without deliveries', async (t) => {
  const now = draftTo([], { audience: { everyone: true }, providers: ['pushbullet'], spreadSeconds: 60 })
  const later = draftTo([], { audience: { everyone: true }, sendAt: new Date(Date.now() + 3600_000) })
  database.statements.length = 0
  const { accepted, batches, wakes, plans } = await insert(now, draftTo(['bob']), later)
  t.equal(database.statements.length, 1)
  t.match(accepted, [{ deliveries: 0, parked: 0, unreachable: [] }, { deliveries: 1 }, { deliveries: 0 }])
  t.equal(handedOut(batches).length, 1)
  t.same(wakes, [])
  t.same(plans.map(({ notificationId }) => notificationId).sort(), [now.id, later.id].sort())
  t.equal(plans.find(({ notificationId }) => notificationId === now.id)?.delayMs, 0)
  const waitMs = plans.find(({ notificationId }) => notificationId === later.id)?.delayMs ?? 0
  t.ok(Math.abs(waitMs - 3600_000) < 60_000, `${waitMs} ms`)
  t.same(await deliveriesOf(now), [])
  t.match(await database.sql`select planned_at, spread_seconds, providers from notifications where id = ${now.id}`, [
    { planned_at: null, spread_seconds: 60, providers: ['pushbullet'] }
  ])
})

t.test('stores all drafts or none', async (t) => {
  const good = draftTo(['bob'])
  await t.rejects(insert(good, draftTo(['bob'], { expiresAt: new Date(0) })))
  t.same(await database.sql`select from notifications where id = ${good.id}`, [])
  t.same(await deliveriesOf(good), [])
})

/** The deliveries with jobs, one by one. */
function handedOut (batches: Batch[]) {
  return batches.flatMap(({ jobId, provider, deliveries }) =>
    deliveries.map(([notificationId, connectionId]) => ({ jobId, provider, notificationId, connectionId })))
}
