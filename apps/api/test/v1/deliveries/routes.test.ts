import t from 'tap'
import { at, openTestApi, textAt } from '../../open-api.ts'
import { connectUsers, noteTo } from '../seed.ts'

const api = await openTestApi(t)
const token = await api.makeKey()
const users = Array.from({ length: 5 }, (_, index) => `user-${index}`)
const ids = await connectUsers(api, users)
const notification = textAt((await api.ask('POST', '/v1/notifications', { token, body: noteTo(...users) })).body, 'id')

t.test('lists the deliveries of a notification page by page', async (t) => {
  const seen: unknown[] = []
  let cursor: unknown = ''
  for (let pages = 0; cursor !== null && pages < 10; pages++) {
    const query = `limit=2${cursor === '' ? '' : `&cursor=${String(cursor)}`}`
    const { body } = await api.ask('GET', `/v1/notifications/${notification}/deliveries?${query}`, { token })
    seen.push(...Object.values(at(body, 'data') ?? {}).map((item) => at(item, 'connectionId')))
    cursor = at(body, 'nextCursor')
  }
  t.same(seen, [...ids.values()])
})

t.test('lists the deliveries in one state', async (t) => {
  await api.database.sql`update deliveries set state = 'sent', attempts = 1, due_at = null, job_id = null, receipt = '{"id":"p1"}'
    where connection_id = ${(ids.get('user-1') ?? '').slice(4)}`
  const { body } = await api.ask('GET', `/v1/notifications/${notification}/deliveries?state=sent`, { token })
  t.match(body, { data: [{ userId: 'user-1', provider: 'pushbullet', state: 'sent', attempts: 1, receipt: { id: 'p1' }, dueAt: null }], nextCursor: null })
  t.equal(Object.keys(at(body, 'data') ?? {}).length, 1)
  t.match((await api.ask('GET', `/v1/notifications/${notification}`, { token })).body, { status: 'sending', counts: { sent: 1, queued: 4 } })
  t.same((await api.ask('GET', `/v1/notifications/${notification}/deliveries?state=failed`, { token })).body, { data: [], nextCursor: null })
  t.equal((await api.ask('GET', `/v1/notifications/${notification}/deliveries?state=lost`, { token })).status, 400)
})

t.test('explains a delivery with its whole history', async (t) => {
  const { status, body } = await api.ask('GET', `/v1/notifications/${notification}/deliveries/${ids.get('user-0')}`, { token })
  t.equal(status, 200)
  t.match(body, {
    notificationId: notification,
    connectionId: ids.get('user-0'),
    userId: 'user-0',
    state: 'queued',
    history: [{ event: 'queued', at: /^\d{4}-.*Z$/ }],
    explanation: /^Waiting for a worker since .*\.$/
  })
})

t.test('returns 404 for unknown deliveries', async (t) => {
  const other = textAt((await api.ask('POST', '/v1/notifications', { token, body: noteTo('nobody') })).body, 'id')
  for (const path of [`${other}/deliveries/${ids.get('user-0')}`, `${notification}/deliveries/con_x`, `ntf_x/deliveries/${ids.get('user-0')}`, 'ntf_x/deliveries']) {
    t.equal((await api.ask('GET', `/v1/notifications/${path}`, { token })).status, 404, path)
  }
  t.match((await api.ask('GET', `/v1/notifications/${other}/deliveries`, { token })).body, { data: [], nextCursor: null })
})
