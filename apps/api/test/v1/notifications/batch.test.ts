import t from 'tap'
import { at, openTestApi } from '../../open-api.ts'
import { connectUsers, noteTo } from '../seed.ts'

const api = await openTestApi(t)
const token = await api.makeKey()
const users = Array.from({ length: 10 }, (_, index) => `user-${index}`)
await connectUsers(api, users)
const post = (notifications: unknown, key = token) => api.ask('POST', '/v1/notifications/batch', { token: key, body: { notifications } })
const count = async () => (await api.database.sql<[{ count: number }]>`select count(*)::int as count from notifications`)[0].count

t.test('accepts a thousand notifications at once, and returns results in their order', async (t) => {
  const notifications = Array.from({ length: 1_000 }, (_, index) => ({ ...noteTo(`user-${index % 10}`), data: { index } }))
  const before = await api.database.sql<[{ xmin: string }]>`select count(*)::text as xmin from deliveries`
  t.equal(before[0].xmin, '0')
  const { status, body } = await post(notifications)
  t.equal(status, 202)
  const listed = Object.values(at(body, 'data') ?? {})
  t.same(listed.map((one) => at(one, 'data.index')), notifications.map(({ data: { index } }) => index))
  t.ok(listed.every((one) => at(one, 'status') === 'accepted' && at(one, 'deliveries') === 1))
  t.same((await api.ask('GET', `/v1/notifications/${String(at(listed[7], 'id'))}`, { token })).body, listed[7])
  const [found] = await api.database.sql`select count(*)::int as rows, count(distinct xmin::text)::int as statements from deliveries`
  t.match(found, { rows: 1_000, statements: 1 })
})

const good = noteTo('user-1')
const refused: Array<[string, unknown, string]> = [
  ['one without a title that is text', [good, good, good, { ...good, message: { type: 'note', title: 7 } }], 'notifications.3.message.title'],
  ['one with an empty title', [good, { ...good, message: { type: 'note', title: '' } }], 'notifications.1.message.title'],
  ['one whose fields do not go together', [good, good, { ...good, message: { type: 'link' } }], 'notifications.2.message.url'],
  ['one whose time is past', [{ ...good, sendAt: '2020-01-01T00:00:00Z' }], 'notifications.0.sendAt'],
  ['one for an unknown provider', [good, { ...good, providers: ['nobody'] }], 'notifications.1.providers.0'],
  ['one with an unknown field', [{ ...good, color: 'red' }], 'notifications.0.color'],
  ['none at all', [], 'notifications'],
  ['more than a thousand', Array(1_001).fill(good), 'notifications'],
  ['too many users together', Array(11).fill({ ...good, audience: { userIds: Array.from({ length: 9_999 }, (_, i) => `u${i}`) } }), 'notifications']
]
for (const [what, notifications, path] of refused) {
  t.test(`refuses ${what}, and accepts nothing`, async (t) => {
    const before = await count()
    const { status, body } = await post(notifications)
    t.match([status, at(body, 'code')], [400, 'invalidInput'])
    const paths = Object.values(at(body, 'errors') ?? {}).map((fault) => at(fault, 'path'))
    t.ok(paths.includes(path), `${path} is among ${paths.join(', ')}`)
    t.equal(await count(), before)
  })
}

t.test('limits the number of errors in a response', async (t) => {
  const { body } = await post(Array(1_000).fill({ ...good, message: { type: 'link' } }))
  t.ok(Object.keys(at(body, 'errors') ?? {}).length <= 60)
})

t.test('sends to everyone only with the scope for broadcasts', async (t) => {
  const writer = await api.makeKey('notifications:write')
  const batch = [good, { ...good, audience: { everyone: true } }]
  const before = await count()
  t.match(await post(batch, writer), { status: 403, body: { code: 'insufficientScope' } })
  t.equal(await count(), before)
  t.match(await post(batch), { status: 202, body: { data: [{ deliveries: 1 }, { audience: { everyone: true }, status: 'accepted', deliveries: 0 }] } })
})
