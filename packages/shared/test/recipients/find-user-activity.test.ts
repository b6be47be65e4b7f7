import t from 'tap'
import { newId } from '../../src/db/index.ts'
import { findUserActivity, searchedNotifications } from '../../src/recipients/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { connect, ensureUsers } from '../people.ts'

const database = await openTestDatabase(t)
const { sql } = database

async function notify (audience: object, count = 1): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId())
  await sql`
    insert into notifications (id, origin, audience, message)
    select id, 'api', ${JSON.stringify(audience)}::text::jsonb, '{"type":"note"}' from unnest(${ids}::uuid[]) as id`
  return ids
}

t.test('says that the list is complete while the deployment has few notifications', async (t) => {
  await ensureUsers(database, ['otto'])
  const [only = ''] = await notify({ userIds: ['otto'] })
  t.same(await findUserActivity(database, 'otto', 2), { isKnown: true, notificationIds: [only], onlyDeliveredBefore: null })
})

t.test('finds the latest notifications of a user, however many others the deployment has sent since', async (t) => {
  const [ann = '', bob = ''] = await connect(database, ['ann', 'bob'])
  await ensureUsers(database, ['nina'])
  const [first = '', second = '', third = ''] = await notify({ userIds: ['ann', 'bob', 'nina'] }, 3)
  for (const [id, connection] of [[first, ann], [second, ann], [third, ann], [first, bob]] as const) {
    await sql`insert into deliveries (notification_id, connection_id, provider, state, reason) values (${id}, ${connection}, 'pushbullet', 'canceled', 'canceled')`
  }
  await notify({ userIds: ['others'] }, searchedNotifications)
  const [{ at } = { at: '' }] = await sql<Array<{ at: string }>>`select created_at as at from notifications order by id desc offset ${searchedNotifications - 1} limit 1`
  const onlyDeliveredBefore = new Date(at)
  t.same(await findUserActivity(database, 'ann', 2), { isKnown: true, notificationIds: [third, second], onlyDeliveredBefore })
  t.same(await findUserActivity(database, 'bob', 2), { isKnown: true, notificationIds: [first], onlyDeliveredBefore })
  t.same(await findUserActivity(database, 'nina', 2), { isKnown: true, notificationIds: [], onlyDeliveredBefore }, 'without a delivery, only the latest are searched')

  const [latest = ''] = await notify({ userIds: ['ann', 'nina'] })
  const [connection = ''] = await connect(database, ['ann'], 'slack')
  await sql`insert into deliveries (notification_id, connection_id, provider, state, reason) values (${latest}, ${ann}, 'pushbullet', 'canceled', 'canceled'), (${latest}, ${connection}, 'slack', 'canceled', 'canceled')`
  t.match(await findUserActivity(database, 'ann', 3), { isKnown: true, notificationIds: [latest, third, second], onlyDeliveredBefore: Date }, 'each once, newest first')
  t.match(await findUserActivity(database, 'nina', 3), { isKnown: true, notificationIds: [latest], onlyDeliveredBefore: Date })
  t.same(await findUserActivity(database, 'nina', 1), { isKnown: true, notificationIds: [latest], onlyDeliveredBefore: null }, 'as many as asked for were found')
  t.match(await findUserActivity(database, 'zoe', 3), { isKnown: false, notificationIds: [] })
})
