import t from 'tap'
import { deliveryStates, newId } from '../../src/db/index.ts'
import { insertNotifications } from '../../src/deliveries/sql/insert-notifications.ts'
import { findDelivery, listDeliveries } from '../../src/deliveries/index.ts'
import { findNotification, findNotificationProgress, listNotifications } from '../../src/notifications/index.ts'
import type { DeliveryState } from '../../src/deliveries/index.ts'
import type { Draft } from '../../src/notifications/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { connect } from '../people.ts'
import { insertDeliveries, openBroadcast } from './broadcasts.ts'
import { insertNotification } from './insert-notification.ts'
import { draftTo } from './drafts.ts'

const database = await openTestDatabase(t)
const names = ['ann', 'bob', 'cleo', 'dan']
const connectionIds = await connect(database, names)
const now = new Date()
const inAnHour = new Date(now.getTime() + 3600_000)

const notificationWith = (states: DeliveryState[], fields: Partial<Draft> = {}) =>
  insertNotification(database, connectionIds, states, fields)

const statuses: Array<[DeliveryState[], Partial<Draft>, string]> = [
  [[], {}, 'completed'],
  [[], { sendAt: inAnHour }, 'completed'],
  [['queued'], {}, 'accepted'],
  [['queued', 'queued'], { sendAt: now }, 'accepted'],
  [['queued', 'parked'], {}, 'accepted'],
  [['queued'], { sendAt: inAnHour }, 'scheduled'],
  [['parked'], { sendAt: inAnHour }, 'parked'],
  [['queued', 'skipped'], { sendAt: inAnHour }, 'scheduled'],
  [['skipped'], { sendAt: inAnHour }, 'completed'],
  [['queued', 'sending'], {}, 'sending'],
  [['queued', 'sent'], {}, 'sending'],
  [['retrying'], {}, 'sending'],
  [['parked'], {}, 'parked'],
  [['sent', 'parked', 'failed'], {}, 'parked'],
  [['sending', 'parked'], {}, 'sending'],
  [['retrying', 'parked'], {}, 'sending'],
  [['sent', 'sent'], {}, 'completed'],
  [['sent', 'failed', 'expired', 'skipped'], {}, 'completed'],
  [['unknown', 'canceled'], {}, 'completed']
]
for (const [states, fields, status] of statuses) {
  const when = fields.sendAt === undefined ? '' : fields.sendAt > now ? ' in an hour' : ' now'
  t.test(`with ${states.join(', ') || 'no deliveries'}${when} a notification is ${status}`, async (t) => {
    const found = await findNotification(database, await notificationWith(states, fields))
    t.equal(found?.status, status)
    const counts = Object.fromEntries(deliveryStates.map((state) => [state, states.filter((one) => one === state).length]))
    t.same(found?.counts, counts)
  })
}

t.test('returns a notification as it was requested', async (t) => {
  const draft = draftTo(['ann', 'zed'], {
    message: { type: 'link', title: 'Zoë 🔔', url: 'https://site.example/', level: 'warning' }, providers: ['pushbullet'], data: { order: 7 }, expiresAt: inAnHour
  })
  await insertNotifications(database, [draft], ['pushbullet'])
  t.match(await findNotification(database, draft.id), {
    id: draft.id,
    origin: 'api',
    audience: { userIds: ['ann', 'zed'] },
    message: draft.message,
    providers: ['pushbullet'],
    data: { order: 7 },
    unreachable: [{ userId: 'zed', reason: 'unknownUser' }],
    sendAt: null,
    expiresAt: inAnHour,
    createdAt: Date
  })
  t.equal(await findNotification(database, newId()), undefined)
})

t.test('omits only the content of a file', async (t) => {
  const message = { type: 'file' as const, body: 'see', file: { name: 'a.txt', type: 'text/plain', data: Buffer.from('hello').toString('base64') } }
  const id = await notificationWith([], { message, data: { file: { data: 'the site\'s own' } } })
  const read = { message: { type: 'file', body: 'see', file: { name: 'a.txt', type: 'text/plain' } }, data: { file: { data: 'the site\'s own' } } }
  const found = await findNotification(database, id)
  t.same({ message: found?.message, data: found?.data }, read)
  const { notifications: [listed] } = await listNotifications(database, {}, { limit: 1 })
  t.same({ message: listed?.message, data: listed?.data }, read)
  const [row] = await database.sql`select message from notifications where id = ${id}`
  t.same(row?.['message'], message, 'the worker still has it')
})

t.test('lists deliveries by state, page by page', async (t) => {
  const id = await notificationWith(['sent', 'failed', 'sent', 'queued'])
  const list = async (page: { limit: number, after?: string, state?: DeliveryState, userId?: string, provider?: string }) =>
    (await listDeliveries(database, id, page)).map(({ userId }) => userId)
  t.same(await list({ limit: 10 }), names)
  t.same(await list({ limit: 10, state: 'sent' }), ['ann', 'cleo'])
  t.same(await list({ limit: 10, state: 'expired' }), [])
  t.same(await list({ limit: 3 }), names.slice(0, 3))
  t.same(await list({ limit: 3, after: connectionIds[2] ?? '' }), names.slice(3))
  t.same(await list({ limit: 1, state: 'sent', after: connectionIds[0] ?? '' }), ['cleo'])
  t.same(await list({ limit: 10, userId: 'cleo' }), ['cleo'])
  t.same(await list({ limit: 10, userId: 'cleo', state: 'failed' }), [])
  t.same(await list({ limit: 10, provider: 'pushbullet', state: 'failed' }), ['bob'])
  t.same(await list({ limit: 10, provider: 'other' }), [])
  t.same(await listDeliveries(database, newId(), { limit: 10 }), [])
})

t.test('returns the state of a delivery, and its history', async (t) => {
  const id = await notificationWith(['sent', 'queued'])
  const [listed, waiting] = await listDeliveries(database, id, { limit: 2 })
  t.match(listed, {
    notificationId: id,
    connectionId: connectionIds[0],
    userId: 'ann',
    provider: 'pushbullet',
    state: 'sent',
    attempts: 1,
    reason: null,
    dueAt: null,
    receipt: { id: 'p1' },
    createdAt: Date,
    updatedAt: Date
  })
  t.match(waiting, { state: 'queued', dueAt: now, receipt: null })
  t.same(await findDelivery(database, id, connectionIds[0] ?? ''), { ...listed, history: [] })
  t.equal(await findDelivery(database, id, connectionIds[3] ?? ''), undefined)
})

t.test('returns the size of a broadcast, with or without delivery rows', async (t) => {
  const id = await openBroadcast(database, { waiting: 7 })
  await insertDeliveries(database, id, ['sent', 'sent', 'failed'])
  t.match(await findNotification(database, id), {
    status: 'sending', isOver: false, deliveries: 10, counts: { queued: 7, sent: 2, failed: 1 }, progress: [{ provider: 'pushbullet', counts: { sent: 2 } }]
  })
  await database.sql`update progress set queued = 0, parked = 7 where notification_id = ${id}`
  t.match(await findNotification(database, id), { status: 'parked', isOver: false }, 'only parked ones are left')
  await database.sql`update progress set queued = 7, parked = 0 where notification_id = ${id}`
  await database.sql`update notifications set planned_at = null where id = ${id}`
  await database.sql`update progress set audience = 500, is_planned = false where notification_id = ${id}`
  t.match(await findNotificationProgress(database, id), { status: 'planning', isOver: false, deliveries: 500, counts: { queued: 7 } }, 'as counted when its planning started')
})

t.test('reports the end of a canceled notification only when no delivery is pending', async (t) => {
  const id = await notificationWith(['sending', 'sent'])
  await database.sql`update notifications set canceled_at = now() where id = ${id}`
  t.match(await findNotificationProgress(database, id), { status: 'canceled', isOver: false })
  await database.sql`update deliveries set state = 'unknown', claim_id = null, reason = 'because' where notification_id = ${id} and state = 'sending'`
  t.match(await findNotificationProgress(database, id), { status: 'canceled', isOver: true, deliveries: 2 })
})

t.test('has a new version exactly when status or counts change', async (t) => {
  const versions: string[] = []
  const note = async (id: string) => {
    const progress = await findNotificationProgress(database, id)
    t.equal((await findNotification(database, id))?.version, progress?.version)
    versions.push(progress?.version ?? '')
  }
  for (const id of [await notificationWith(['queued', 'queued']), await openBroadcast(database, { waiting: 2 })]) {
    versions.length = 0
    await note(id)
    await database.sql`update notifications set paused_at = now() where id = ${id}`
    await note(id)
    await insertDeliveries(database, id, ['sent'])
    await note(id)
    await insertDeliveries(database, id, ['sent'])
    await note(id)
    t.equal(new Set(versions).size, 4, versions.join(' '))
    await note(id)
    t.equal(new Set(versions).size, 4)
  }
  t.equal(await findNotificationProgress(database, newId()), undefined)
})
