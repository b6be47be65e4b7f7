import t from 'tap'
import { insertNotifications } from '../../src/deliveries/sql/insert-notifications.ts'
import type { DeliveryState } from '../../src/deliveries/index.ts'
import { listNotifications, notificationStatuses } from '../../src/notifications/index.ts'
import type { Draft, NotificationStatus } from '../../src/notifications/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { connect } from '../people.ts'
import { openBroadcast } from './broadcasts.ts'
import { draftTo } from './drafts.ts'
import { insertNotification } from './insert-notification.ts'

const database = await openTestDatabase(t)
const connectionIds = await connect(database, ['ann', 'bob'])
const inAnHour = new Date(Date.now() + 3_600_000)

type Page = Parameters<typeof listNotifications>[2]
type Filter = Parameters<typeof listNotifications>[1]

/** All ids, and the number of pages. */
async function readAll (filter: Filter, page: Page, pages = 1): Promise<{ ids: string[], pages: number }> {
  const { notifications, next } = await listNotifications(database, filter, page)
  const ids = notifications.map(({ id }) => id)
  if (next === null) return { ids, pages }
  const rest = await readAll(filter, { ...page, before: next }, pages + 1)
  return { ids: [...ids, ...rest.ids], pages: rest.pages }
}

const cases: Array<[NotificationStatus, DeliveryState[], Partial<Draft>]> = [
  ['scheduled', ['queued'], { sendAt: inAnHour }],
  ['accepted', ['queued', 'parked'], {}],
  ['sending', ['sending', 'sent'], {}],
  ['sending', ['retrying'], {}],
  ['parked', ['parked', 'sent'], {}],
  ['parked', ['parked'], { sendAt: inAnHour }],
  ['completed', ['sent', 'failed'], {}],
  ['completed', [], { sendAt: inAnHour }]
]
const byStatus = new Map<string, string[]>(notificationStatuses.map((status) => [status, []]))
const note = (status: NotificationStatus, id: string) => { byStatus.get(status)?.unshift(id) }
for (let round = 0; round < 3; round++) {
  for (const [status, states, fields] of cases) note(status, await insertNotification(database, connectionIds, states, fields))
  const [paused, canceled] = [await insertNotification(database, connectionIds, ['queued']), await insertNotification(database, connectionIds, ['canceled', 'sent'])]
  await database.sql`update notifications set paused_at = now() where id = ${paused}`
  await database.sql`update notifications set canceled_at = now() where id = ${canceled}`
  note('paused', paused)
  note('canceled', canceled)
  note('sending', await openBroadcast(database, { waiting: 7 }).then(async (id) => {
    await database.sql`update progress set sent = 1 where notification_id = ${id}`
    return id
  }))
  const planning = await openBroadcast(database, { waiting: 7 })
  await database.sql`update notifications set planned_at = null where id = ${planning}`
  note('planning', planning)
}
const all = (await listNotifications(database, {}, { limit: 200 })).notifications

for (const status of notificationStatuses) {
  t.test(`lists the notifications that are ${status}, as they say themselves`, async (t) => {
    const expected = byStatus.get(status) ?? []
    t.ok(expected.length >= 3)
    t.same(all.filter((one) => one.status === status).map(({ id }) => id), expected)
    t.same(await readAll({ status }, { limit: 100 }), { ids: expected, pages: 1 })
    t.same((await readAll({ status }, { limit: 2 })).ids, expected)
    t.same((await readAll({ status }, { limit: 2, read: 5 })).ids, expected, 'a page that has read enough ends')
  })
}

t.test('reads no more notifications for a page than it may', async (t) => {
  const { notifications, next } = await listNotifications(database, { status: 'accepted' }, { limit: 100, read: 4 })
  t.same(notifications.map(({ id }) => id), [], 'the latest four have other statuses')
  t.equal(next, all[3]?.id)
})

t.test('lists the newest notifications first, page by page', async (t) => {
  const ids = all.map(({ id }) => id)
  t.same(ids, [...ids].sort().reverse())
  t.same(await readAll({}, { limit: 7 }), { ids, pages: Math.ceil(ids.length / 7) })
  t.same(await readAll({}, { limit: ids.length }), { ids, pages: 1 }, 'a full last page has no next one')
  t.same(await listNotifications(database, {}, { limit: 2, before: ids.at(-1) ?? '' }), { notifications: [], next: null })
})

t.test('lists the notifications with a delivery to a user once, through all connections', async (t) => {
  const database = await openTestDatabase(t)
  const ids = await connect(database, ['ann', 'bob'])
  const [other = ''] = await connect(database, ['ann'], 'other')
  const both = await insertNotification(database, [ids[0] ?? '', other], ['sent', 'failed'])
  const first = await insertNotification(database, [ids[0] ?? ''], ['queued'])
  const second = await insertNotification(database, [other], ['parked'])
  await insertNotification(database, [ids[1] ?? ''], ['sent'])
  await insertNotifications(database, [draftTo(['zed'])], [])
  const list = async (filter: Filter, page: Page = { limit: 10 }) => {
    const { notifications, next } = await listNotifications(database, filter, page)
    return [notifications.map(({ id }) => id), next]
  }
  t.same(await list({ userId: 'ann' }), [[second, first, both], null])
  t.same(await list({ userId: 'ann' }, { limit: 2 }), [[second, first], first])
  t.same(await list({ userId: 'ann' }, { limit: 2, before: first }), [[both], null])
  t.same(await list({ userId: 'ann', status: 'parked' }), [[second], null])
  t.same(await list({ userId: 'ann', status: 'completed' }, { limit: 1, read: 2 }), [[], first])
  t.same(await list({ userId: 'ann', status: 'completed' }, { limit: 1, read: 2, before: first }), [[both], null])
  t.same(await list({ userId: 'zed' }), [[], null], 'it was not connected then')
})
