import t from 'tap'
import { disconnect, markNeedsReauth } from '../../src/connections/index.ts'
import { createApiKey, ensureUser } from '../../src/db/index.ts'
import { insertNotifications } from '../../src/notifications/accept.ts'
import type { Dispatched, Draft } from '../../src/notifications/index.ts'
import { openCountedDatabase } from '../open-counted-database.ts'
import { connect } from '../people.ts'
import { draftTo } from './drafts.ts'

const offered = ['pushbullet', 'other']
const database = await openCountedDatabase(t)
const [ann = '', bob = '', parked = '', gone = ''] = await connect(database, ['ann', 'bob', 'parked', 'gone'])
const [annOther = ''] = await connect(database, ['ann'], 'other')
await connect(database, ['elsewhere'], 'retired')
await markNeedsReauth(database, { id: parked, credentialsVersion: 1, reason: 'tokenRevoked' })
await disconnect(database, gone)
await ensureUser(database, { externalId: 'newcomer' })

const insert = async (...drafts: Draft[]) => insertNotifications(database, drafts, offered)
const deliveriesOf = ({ id }: Draft) => database.sql`
  select connection_id as "connectionId", provider, state, attempts, job_id as "jobId", reason, due_at <= now() as "isDue", history
  from deliveries where notification_id = ${id} order by connection_id`

t.test('makes a notification and a delivery for each usable connection, in one statement', async (t) => {
  const draft = draftTo(['ann', 'bob'])
  database.statements.length = 0
  const { accepted, dispatched } = await insert(draft)
  t.equal(database.statements.length, 1)
  t.match(accepted, [{ id: draft.id, createdAt: Date, unreachable: [], deliveries: 3, parked: 0 }])
  t.ok(Math.abs((accepted[0]?.createdAt.getTime() ?? 0) - Date.now()) < 60_000)
  const rows = await deliveriesOf(draft)
  t.match(rows, [ann, bob, annOther].map((connectionId) => ({
    connectionId, state: 'queued', attempts: 0, reason: null, isDue: true, history: [{ event: 'queued', at: String }]
  })))
  t.same(dispatched.map(({ connectionId }) => connectionId).sort(), [ann, bob, annOther].sort())
  t.ok(dispatched.every(({ jobId, connectionId }) => rows.some((row) => row['jobId'] === jobId && row['connectionId'] === connectionId)))
})

t.test('keeps all that a draft says', async (t) => {
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

t.test('names who cannot be rung, and why', async (t) => {
  const draft = draftTo(['zed', 'newcomer', 'ann', 'gone', 'elsewhere', 'Ann'])
  const { accepted } = await insert(draft)
  const unreachable = [
    { userId: 'Ann', reason: 'unknownUser' },
    { userId: 'elsewhere', reason: 'notConnected' },
    { userId: 'gone', reason: 'notConnected' },
    { userId: 'newcomer', reason: 'notConnected' },
    { userId: 'zed', reason: 'unknownUser' }
  ]
  const byName = (one: { userId: string }, other: { userId: string }): number => one.userId < other.userId ? -1 : 1
  t.same(accepted[0]?.unreachable.sort(byName), unreachable)
  t.equal(accepted[0]?.deliveries, 2)
  const [row] = await database.sql<[{ unreachable: typeof unreachable }]>`select unreachable from notifications where id = ${draft.id}`
  t.same([...row.unreachable].sort(byName), unreachable, 'and keeps it with the notification')
})

t.test('takes a notification for nobody', async (t) => {
  const { accepted, dispatched } = await insert(draftTo([]))
  t.match(accepted, [{ deliveries: 0, parked: 0, unreachable: [] }])
  t.same(dispatched, [])
})

t.test('parks what its user must come back for, and puts it on no queue', async (t) => {
  const draft = draftTo(['parked', 'bob'])
  const { accepted, dispatched } = await insert(draft)
  t.match(accepted, [{ deliveries: 2, parked: 1, unreachable: [] }])
  t.same(dispatched.map(({ connectionId }) => connectionId), [bob])
  const rows = await deliveriesOf(draft)
  t.match(rows.find((row) => row['connectionId'] === parked), {
    state: 'parked', reason: 'tokenRevoked', jobId: null, isDue: null, history: [{ event: 'parked', reason: 'tokenRevoked' }]
  })
})

t.test('rings a user once who is named twice', async (t) => {
  const { accepted, dispatched } = await insert(draftTo(['bob', 'bob', 'zed', 'zed']))
  t.match(accepted, [{ deliveries: 1, unreachable: [{ userId: 'zed' }] }])
  t.equal(accepted[0]?.unreachable.length, 1)
  t.equal(dispatched.length, 1)
})

t.test('rings through the providers that were asked for', async (t) => {
  const { accepted, dispatched } = await insert(
    draftTo(['ann', 'bob'], { providers: ['other'] }), draftTo(['ann'], { providers: ['retired'] }), draftTo(['ann'], { providers: [] }))
  t.match(accepted, [
    { deliveries: 1, unreachable: [{ userId: 'bob', reason: 'notConnected' }] },
    { deliveries: 0, unreachable: [{ userId: 'ann', reason: 'notConnected' }] },
    { deliveries: 0, unreachable: [{ userId: 'ann', reason: 'notConnected' }] }
  ])
  t.same(dispatched.map(({ connectionId, provider }) => ({ connectionId, provider })), [{ connectionId: annOther, provider: 'other' }])
})

t.test('waits until the hour it was told, which may be past', async (t) => {
  const hour = 3600_000
  const at = (ms: number) => new Date(Date.now() + ms)
  const { dispatched } = await insert(
    draftTo(['bob'], { sendAt: at(2 * hour) }), draftTo(['bob'], { sendAt: at(-hour), expiresAt: at(hour) }), draftTo(['bob']))
  const [later = 0, past = -1, now = -1] = dispatched.map(({ delayMs }) => delayMs)
  t.ok(Math.abs(later - 2 * hour) < 60_000, `${later} ms`)
  t.same([past, now], [0, 0])
  t.equal(new Set(dispatched.map(({ jobId }) => jobId)).size, 3, 'each in a job of its own, as they are due at other times')
})

t.test('answers in the order of the drafts', async (t) => {
  const drafts = Array.from({ length: 50 }, (_, index) => draftTo(index % 3 === 0 ? ['zed'] : ['bob'])).reverse()
  const { accepted, dispatched } = await insert(...drafts)
  t.same(accepted.map(({ id }) => id), drafts.map(({ id }) => id))
  t.same(accepted.map(({ deliveries }) => deliveries), drafts.map(({ audience }) => audience.userIds[0] === 'bob' ? 1 : 0))
  t.equal(new Set(dispatched.map(({ jobId }) => jobId)).size, 1, 'and what is due together goes in one job')
})

t.test('cuts many deliveries into jobs of at most 500, each of one provider and one hour', async (t) => {
  const names = Array.from({ length: 1_201 }, (_, index) => `many-${index}`)
  await connect(database, names)
  await connect(database, names.slice(0, 501), 'other')
  const sendAt = new Date(Date.now() + 3600_000)
  const { dispatched } = await insert(draftTo(names), draftTo(names.slice(0, 600), { sendAt }), draftTo(['parked', ...names.slice(0, 10)]))
  const jobs = new Map<string, Dispatched[]>()
  for (const one of dispatched) jobs.set(one.jobId, [...jobs.get(one.jobId) ?? [], one])
  const shapes = [...jobs.values()].map((job) => {
    t.equal(new Set(job.map(({ provider }) => provider)).size, 1)
    t.ok(new Set(job.map(({ delayMs }) => delayMs)).size === 1)
    return `${job[0]?.provider} ${(job[0]?.delayMs ?? 0) > 0 ? 'later' : 'now'} ${job.length}`
  })
  t.same(shapes.sort(), [
    'other later 1', 'other later 500', 'other now 11', 'other now 500',
    'pushbullet later 100', 'pushbullet later 500', 'pushbullet now 211', 'pushbullet now 500', 'pushbullet now 500'
  ])
  t.ok([...jobs.keys()].every((id) => !id.includes(':')), 'under ids that BullMQ takes')
  const again = await insert(draftTo(['bob']))
  t.notOk(jobs.has(again.dispatched[0]?.jobId ?? ''), 'which the next statement does not use again')
})

t.test('stores all drafts or none', async (t) => {
  const good = draftTo(['bob'])
  await t.rejects(insert(good, draftTo(['bob'], { expiresAt: new Date(0) })))
  t.same(await database.sql`select from notifications where id = ${good.id}`, [])
  t.same(await deliveriesOf(good), [])
})
