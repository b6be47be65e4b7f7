import t from 'tap'
import { listUserDeliveries } from '../../src/deliveries/index.ts'
import { insertNotification } from '../notifications/insert-notification.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { connect } from '../people.ts'

const database = await openTestDatabase(t)
const [ann = '', bob = ''] = await connect(database, ['ann', 'bob'])
const [other = ''] = await connect(database, ['ann'], 'other')
const first = await insertNotification(database, [ann, other, bob], ['sent', 'failed', 'sent'])
const second = await insertNotification(database, [bob], ['sent'])
const third = await insertNotification(database, [other, ann], ['parked', 'failed'])

const list = async (userId: string, options: Parameters<typeof listUserDeliveries>[2]) =>
  (await listUserDeliveries(database, userId, options)).map((one) => at(one.notificationId, one.connectionId))
const at = (notificationId: string, connectionId: string) => ({ notificationId, connectionId })
const all = [at(third, other), at(third, ann), at(first, other), at(first, ann)]

t.test('lists the deliveries to a user through all connections, newest notification first', async (t) => {
  t.same(await list('ann', { limit: 10 }), all)
  t.same(await list('bob', { limit: 10 }), [at(second, bob), at(first, bob)])
  t.same(await list('zed', { limit: 10 }), [])
  t.match(await listUserDeliveries(database, 'ann', { limit: 1 }), [{ userId: 'ann', state: 'parked', reason: 'because' }])
})

t.test('filters them by state and provider', async (t) => {
  t.same(await list('ann', { state: 'failed', limit: 10 }), [at(third, ann), at(first, other)])
  t.same(await list('ann', { provider: 'other', limit: 10 }), [at(third, other), at(first, other)])
  t.same(await list('ann', { provider: 'other', state: 'failed', limit: 10 }), [at(first, other)])
})

t.test('lists them page by page, also between two deliveries of a notification', async (t) => {
  for (const [index, after] of all.entries()) t.same(await list('ann', { limit: 10, after }), all.slice(index + 1))
  t.same(await list('ann', { limit: 2, after: at(third, other) }), all.slice(1, 3))
  t.same(await list('ann', { state: 'failed', limit: 1, after: at(third, ann) }), [at(first, other)])
})
