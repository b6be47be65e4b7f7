import { createLog } from '@carillon/shared/log'
import type { DeliveryQueues, PlanJob, SegmentJob } from '@carillon/shared/deliveries'
import { cancelNotification } from '@carillon/shared/deliveries'
import { findNotification } from '@carillon/shared/notifications'
import type { JobQueue, NewJob } from '@carillon/shared/queue'
import t from 'tap'
import { plan } from '../../src/planning/plan.ts'
import { cutSegments, openPlan, readPlan } from '../../src/planning/segments.ts'
import { fromNow, openRows } from '../../../../packages/shared/test/deliveries/open-rows.ts'
import type { Fields } from '../../../../packages/shared/test/deliveries/open-rows.ts'

const { database, frozen, insertConnection, insertNotification } = await openRows(t)
const { sql } = database

// Each broadcast has all users as its audience.
t.beforeEach(async () => { await sql`delete from connections` })

const minute = 60
const insertBroadcast = (fields: Fields = {}): Promise<string> =>
  insertNotification({ audience: '{"everyone":true}', planned_at: null, ...fields })

async function connectMany (count: number, provider = 'pushbullet'): Promise<string[]> {
  const rows = await sql<Array<{ id: string }>>`
    with made as (
      insert into users (id, external_id) select id, id::text from (select gen_random_uuid() as id from generate_series(1, ${count})) as ids returning id
    ), granted as (
      insert into grants (id, provider, status, credentials) select id, ${provider}, 'active', 'sealed' from made
    )
    insert into connections (id, user_id, provider, status, account_id, account_name, grant_id, connected_at)
    select id, id, ${provider}, 'active', id::text, id::text, id, now() - interval '1 hour' from made returning id`
  return rows.map(({ id }) => id).sort()
}

/** Plans with queues that record jobs, or reject them. */
async function planNow (
  notificationId: string,
  { perSecond = new Map<string, number>(), stopping = new AbortController().signal, refuses = false }: {
    perSecond?: Map<string, number>, stopping?: AbortSignal, refuses?: boolean
  } = {}
) {
  const segments: Array<NewJob<SegmentJob>> = []
  const plans: Array<NewJob<PlanJob>> = []
  const keeping = <Data>(kept: Array<NewJob<Data>>, isAway = false): JobQueue<Data> => ({
    add: async (jobs) => {
      if (isAway) throw new Error('the queue is away')
      kept.push(...jobs)
    },
    live: async () => new Set(),
    waiting: async () => new Set(),
    schedule: async () => {},
    close: async () => {}
  })
  const queues: DeliveryQueues = {
    deliver: new Map(['pushbullet', 'other'].map((id) => [id, keeping([])])),
    broadcast: new Map(['pushbullet', 'other'].map((id) => [id, keeping(segments, refuses)])),
    plan: keeping(plans),
    wake: keeping([]),
    close: async () => {}
  }
  await plan({ database, queues, perSecond, log: createLog({ name: 'test', level: 'silent' }), stopping }, { notificationId })
  return { segments, plans }
}

const readSegments = (id: string) => sql<Array<{ provider: string, number: number, size: number, after: string, last: string, seconds: number }>>`
  select provider, number, size, after_id as after, last_id as last, extract(epoch from due_at - min(due_at) over ())::float8 as seconds
  from segments where notification_id = ${id} order by provider, number`

t.test('reads the request of a plan', async (t) => {
  for (const [what, fields, expected] of [
    ['now', {}, { providers: null, spreadSeconds: null, delayMs: 0 }],
    ['spread', { providers: '{pushbullet}', spread_seconds: 60 }, { providers: ['pushbullet'], spreadSeconds: 60, delayMs: 0 }],
    ['overdue', { send_at: fromNow(-minute) }, { delayMs: 0 }],
    ['planned', { planned_at: fromNow(-1) }, undefined]
  ] as const) t.match(await readPlan(database, await insertBroadcast(fields)), expected as object, what)
  t.equal(await readPlan(database, await insertBroadcast({ planned_at: fromNow(-1) })), undefined)
  const later = await readPlan(database, await insertBroadcast({ send_at: fromNow(10 * minute) }))
  t.ok((later?.delayMs ?? 0) > 9 * minute * 1000)
})

t.test('includes only connections from before it was accepted', async (t) => {
  const revoked = { status: 'revoked', status_reason: 'left' }
  for (const [what, fields, isMember] of [
    ['connected', {}, true],
    ['connected since', { connected_at: fromNow(-minute) }, false],
    ['closed before', { ...revoked, disconnected_at: fromNow(-3_000) }, false],
    ['closed since', { ...revoked, disconnected_at: fromNow(-minute) }, true],
    ['in need of its user', { status: 'needsReauth', status_reason: 'x' }, true],
    ['at another provider', { provider: 'elsewhere' }, false]
  ] as const) {
    await sql`delete from connections`
    await insertConnection(fields)
    const id = await insertBroadcast()
    t.match(await openPlan(database, id, ['pushbullet']), [{ provider: 'pushbullet', audience: isMember ? 1 : 0, isPlanned: !isMember }], what)
    const { segments, isPlanned } = await cutSegments(database, { notificationId: id, provider: 'pushbullet', size: 10, secondsEach: 0, limit: 2 })
    t.equal(segments.length, isMember ? 1 : 0, what)
    t.ok(isPlanned)
  }
  await sql`delete from connections`
  const held = await insertConnection()
  await sql`
    with team as (insert into teams (id, external_id, name, owner_id) select id, id::text, 'Crew', user_id from connections returning id)
    update connections set user_id = null, team_id = team.id from team where connections.id = ${held}`
  const id = await insertBroadcast()
  t.match(await openPlan(database, id, ['pushbullet']), [{ audience: 0, isPlanned: true }], 'held by a team')
  t.same((await cutSegments(database, { notificationId: id, provider: 'pushbullet', size: 10, secondsEach: 0, limit: 2 })).segments, [])
})

t.test('spreads an audience of several statements: each connection is in one segment, and segments have growing due times', async (t) => {
  const connectionIds = await connectMany(240)
  const id = await insertBroadcast({ spread_seconds: 120 })
  const { segments } = await planNow(id)
  const cut = await readSegments(id)
  t.equal(cut.length, 120)
  t.same(cut.map(({ number }) => number), [...cut.keys()])
  t.same(cut.map(({ size }) => size), cut.map(() => 2))
  t.same(cut.map(({ seconds }) => Math.round(seconds)), [...cut.keys()], 'a second apart, also from one statement to the next')
  t.same(cut.map(({ last }) => last), connectionIds.filter((_, index) => index % 2 === 1))
  t.same(cut.slice(1).map(({ after }) => after), cut.slice(0, -1).map(({ last }) => last))
  t.equal(segments.length, 120, 'all of them are on the queue')
  t.ok(segments.every(({ delayMs = 0 }, index) => index === 0 || delayMs > (segments[index - 1]?.delayMs ?? 0)))
  t.match(await findNotification(database, id), { status: 'accepted', counts: { queued: 240 }, deliveries: 240 })
})

t.test('uses the slower of the requested time and the provider\'s limit', async (t) => {
  await connectMany(60)
  const id = await insertBroadcast({ spread_seconds: 2 })
  await planNow(id, { perSecond: new Map([['pushbullet', 20], ['other', 1]]) })
  t.same((await readSegments(id)).map(({ size, seconds }) => [size, Math.round(seconds)]), [[20, 0], [20, 1], [20, 2]])
})

t.test('plans only the requested providers, each from its first connection', async (t) => {
  await connectMany(3)
  const others = await connectMany(2, 'other')
  const all = await insertBroadcast()
  await planNow(all)
  t.match(await readSegments(all), [{ provider: 'other', number: 0, size: 2, last: others[1] }, { provider: 'pushbullet', number: 0, size: 3 }])
  const one = await insertBroadcast({ providers: '{other}' })
  await planNow(one)
  t.match(await readSegments(one), [{ provider: 'other', size: 2 }])
  t.equal((await sql`select from progress where notification_id = ${one}`).length, 1)
})

t.test('plans nothing before the send time, and adds a job for it', async (t) => {
  await connectMany(1)
  const id = await insertBroadcast({ send_at: fromNow(10 * minute) })
  const { plans } = await planNow(id)
  t.match(plans, [{ data: { notificationId: id }, delayMs: Number }])
  t.equal(plans.length, 1)
  t.same([...await readSegments(id)], [])
})

t.test('stops on request, and adds a job that continues', async (t) => {
  await connectMany(1)
  const id = await insertBroadcast()
  const { plans } = await planNow(id, { stopping: AbortSignal.abort() })
  t.match(plans, [{ data: { notificationId: id }, delayMs: 0 }])
  t.same([...await readSegments(id)], [])
  t.match(await findNotification(database, id), { status: 'planning' })
})

t.test('continues while the queue is unreachable', async (t) => {
  await connectMany(3)
  const id = await insertBroadcast({ spread_seconds: 3 })
  await planNow(id, { refuses: true })
  t.equal((await readSegments(id)).length, 3)
})

t.test('plans nothing if it was canceled before the plan, and everything if it was canceled during the plan', async (t) => {
  await connectMany(4)
  const never = await insertBroadcast()
  await cancelNotification(database, never)
  await planNow(never)
  t.same([...await readSegments(never)], [])
  t.equal((await sql`select from progress where notification_id = ${never}`).length, 0)
  t.match(await findNotification(database, never), { status: 'canceled', isOver: true })

  const started = await insertBroadcast()
  await openPlan(database, started, ['pushbullet'])
  await cutSegments(database, { notificationId: started, provider: 'pushbullet', size: 1, secondsEach: 0, limit: 2 })
  await cancelNotification(database, started)
  t.match(await findNotification(database, started), { status: 'canceled', isOver: false })
  await planNow(started)
  t.equal((await readSegments(started)).reduce((sum, { size }) => sum + size, 0), 4)
  t.equal((await sql`select from notifications where id = ${started} and planned_at is not null`).length, 1)
})

t.test('is unplanned until every provider is planned', async (t) => {
  await connectMany(2)
  const id = await insertBroadcast()
  await openPlan(database, id, ['pushbullet', 'retired'])
  await sql`update progress set is_planned = false where notification_id = ${id} and provider = 'retired'`
  await sql`update progress set is_planned = true where notification_id = ${id} and provider = 'pushbullet'`
  await sql`delete from connections`
  const before = await sql`select audience from progress where notification_id = ${id} and provider = 'retired'`
  t.equal(before.length, 1)
  await planNow(id)
  t.match((await sql`select bool_and(is_planned) as "isPlanned" from progress where notification_id = ${id}`)[0], { isPlanned: true })
})

t.test('changes no other broadcast', async (t) => {
  await connectMany(4)
  const other = await insertBroadcast()
  await openPlan(database, other, ['pushbullet'])
  const read = async () => [...await sql`
    select planned_at, progress.* from notifications join progress on notification_id = id where id = ${other}`]
  const before = await read()
  const waiting = await insertBroadcast({ send_at: fromNow(minute) })
  await planNow(await insertBroadcast())
  t.same(await read(), before)
  t.same([...await sql`select planned_at from notifications where id = ${waiting}`], [{ planned_at: null }])
})

t.test('removes closed connections from the audience', async (t) => {
  const connectionIds = await connectMany(5)
  const id = await insertBroadcast()
  t.match(await openPlan(database, id, ['pushbullet']), [{ audience: 5 }])
  await sql`update connections set connected_at = now() where id = ${connectionIds[4] ?? ''}`
  const cut = (limit: number) => cutSegments(database, { notificationId: id, provider: 'pushbullet', size: 2, secondsEach: 0, limit })
  t.match(await cut(1), { isPlanned: false, segments: [{ number: 0, delayMs: 0 }] })
  t.match((await sql`select audience, planned, segments, queued from progress where notification_id = ${id}`)[0], { audience: 5, planned: 2, segments: 1, queued: 2 })
  t.match(await cut(2), { isPlanned: true, segments: [{ number: 1 }] })
  t.match((await sql`select audience, planned, segments, queued from progress where notification_id = ${id}`)[0], { audience: 4, planned: 4, segments: 2, queued: 4 })
})

t.test('a started plan continues at its position', async (t) => {
  await connectMany(2)
  const id = await insertBroadcast()
  await openPlan(database, id, ['pushbullet'])
  await sql`update progress set audience = 77 where notification_id = ${id}`
  t.match(await openPlan(database, id, ['pushbullet']), [{ audience: 77 }])
})

t.test('two simultaneous plans create each segment once', async (t) => {
  await connectMany(4)
  const id = await insertBroadcast()
  await openPlan(database, id, ['pushbullet'])
  await frozen.sql`begin`
  const cut = { notificationId: id, provider: 'pushbullet', size: 1, secondsEach: 0, limit: 2 }
  t.equal((await cutSegments(frozen, cut)).segments.length, 2)
  const other = cutSegments(database, cut)
  await frozen.sql`commit`
  await other
  const numbers = (await readSegments(id)).map(({ number }) => number)
  t.same(numbers, [...numbers.keys()])
  t.equal(new Set((await readSegments(id)).map(({ last }) => last)).size, numbers.length)
})
