import t from 'tap'
import { putTeam } from '@carillon/shared/teams'
import { at, openTestApi, textAt } from '../../open-api.ts'
import { connectUsers, noteTo } from '../seed.ts'

const api = await openTestApi(t)
const token = await api.makeKey()
const get = (path: string, key = token) => api.ask('GET', path, { token: key })
const ids = ['B', 'a', 'shop:1', 'shop:2', 'shop:é', 'shop:\u{1F600}', 'shop%_\\', 'ä']

await api.makeUser('a', 'Ann')
await api.database.sql`insert into users (id, external_id) select gen_random_uuid(), id from unnest(${ids.slice(2)}::text[]) as id`
await connectUsers(api, ['B'])
await api.database.sql`update connections set status = 'needsReauth', status_reason = 'because'`
await putTeam(api.database, { externalId: 'crew', name: 'The crew', ownerId: 'a', memberIds: ['B'] })
await putTeam(api.database, { externalId: 'club', name: 'The club', ownerId: 'B', memberIds: [] })
// In the order of bytes, which differs from that of UTF-16.
const sorted = [...ids].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))

async function listAll (path: string, field: string): Promise<unknown[]> {
  const { status, body } = await get(path)
  t.equal(status, 200, path)
  const found = Object.values(at(body, 'data') ?? {}).map((one) => at(one, field))
  const cursor = at(body, 'nextCursor')
  return typeof cursor === 'string' ? [...found, ...await listAll(`${path.replace(/&cursor=.*/, '')}&cursor=${cursor}`, field)] : found
}

t.test('lists users in the order of their ids, page by page', async (t) => {
  for (const limit of [1, 3, 8, 200]) t.same(await listAll(`/v1/users?limit=${limit}`, 'userId'), sorted, `${limit}`)
})

t.test('lists the users whose ids begin with a text', async (t) => {
  const begin = async (prefix: string) => await listAll(`/v1/users?limit=2&prefix=${encodeURIComponent(prefix)}`, 'userId')
  t.same(await begin('shop:'), ['shop:1', 'shop:2', 'shop:é', 'shop:\u{1F600}'])
  t.same(await begin('shop%'), ['shop%_\\'])
  t.same(await begin('shop:\u{1F600}'), ['shop:\u{1F600}'])
  t.same(await begin('b'), [])
  t.equal((await get('/v1/users?prefix=')).status, 400)
  t.equal((await get('/v1/users?prefix=%00')).status, 400)
})

t.test('returns a user with the number of connections by status', async (t) => {
  t.match(await get('/v1/users/B'), {
    status: 200,
    body: {
      id: /^usr_/, userId: 'B', displayName: null, connections: { active: 0, needsReauth: 1, revoked: 0 }, createdAt: /^\d{4}-.*Z$/
    }
  })
  t.match((await get('/v1/users/a')).body, { displayName: 'Ann', connections: { active: 0, needsReauth: 0, revoked: 0 } })
  const { body: { data } } = await get('/v1/users?limit=200') as { body: { data: Array<{ userId: string }> } }
  t.same(data.find(({ userId }) => userId === 'B'), (await get('/v1/users/B')).body)
  t.match(await get('/v1/users/nowhere'), { status: 404, body: { code: 'notFound', detail: 'There is no such user' } })
})

t.test('lists teams in the order of their ids', async (t) => {
  t.same(await listAll('/v1/teams?limit=1', 'teamId'), ['club', 'crew'])
  t.same(await listAll('/v1/teams?limit=1&prefix=cr', 'teamId'), ['crew'])
  t.match((await get('/v1/teams?prefix=cr')).body, {
    data: [{
      id: /^tea_/, teamId: 'crew', name: 'The crew', ownerId: 'a', memberCount: 2, connections: { active: 0 }, createdAt: /^\d{4}-.*Z$/
    }],
    nextCursor: null
  })
})

t.test('refuses cursors of other lists, and keys without the scope', async (t) => {
  const nul = Buffer.from('a\0').toString('base64url')
  for (const cursor of ['*', 'YQ==', nul, Buffer.from('a'.repeat(256)).toString('base64url'), '_w']) {
    for (const path of ['/v1/users', '/v1/teams']) {
      t.match(await get(`${path}?cursor=${cursor}`), { status: 400, body: { errors: [{ path: 'cursor' }] } }, `${path} ${cursor}`)
    }
  }
  t.match(await get(`/v1/users/B/deliveries?cursor=${Buffer.alloc(16).toString('base64url')}`), { status: 400, body: { errors: [{ path: 'cursor' }] } })
  const reader = await api.makeKey('notifications:read')
  for (const path of ['/v1/users', '/v1/users/B', '/v1/teams']) t.match(await get(path, reader), { status: 403, body: { code: 'insufficientScope' } })
  t.match(await get('/v1/users', await api.makeUser('a')), { status: 403, body: { code: 'wrongCaller' } })
})

t.test('accepts the cursor of the longest id', async (t) => {
  const longest = '\u{4E00}'.repeat(255)
  await api.database.sql`insert into users (id, external_id) values (gen_random_uuid(), ${`${longest.slice(1)}\u{4DFF}`}), (gen_random_uuid(), ${longest})`
  t.equal((await listAll(`/v1/users?limit=1&prefix=${encodeURIComponent('\u{4E00}')}`, 'userId')).length, 2)
})

t.test('lists the notifications and the deliveries of a user', async (t) => {
  const send = async (...userIds: string[]) => textAt((await api.ask('POST', '/v1/notifications', { token, body: noteTo(...userIds) })).body, 'id')
  await connectUsers(api, ['cleo'])
  const [first, second] = [await send('B', 'cleo'), await send('cleo')]
  t.same(await listAll('/v1/notifications?userId=cleo&limit=1', 'id'), [second, first])
  t.same(await listAll('/v1/notifications?userId=B', 'id'), [first])
  t.same(await listAll('/v1/notifications?userId=B&status=parked', 'id'), [])
  t.same(await listAll('/v1/notifications?status=accepted', 'id'), [second, first])
  t.same(await listAll('/v1/users/cleo/deliveries?limit=1', 'notificationId'), [second, first])
  t.same(await listAll('/v1/users/B/deliveries?state=parked', 'notificationId'), [first])
  t.same(await listAll('/v1/users/B/deliveries?state=queued', 'notificationId'), [])
  t.same(await listAll('/v1/users/cleo/deliveries?provider=nowhere', 'notificationId'), [])
  t.same(await listAll('/v1/users/a/deliveries', 'notificationId'), [])
  t.match(await get('/v1/users/nowhere/deliveries'), { status: 404, body: { detail: 'There is no such user' } })
  t.same(await listAll(`/v1/notifications/${first}/deliveries?userId=cleo`, 'userId'), ['cleo'])
  t.same(await listAll(`/v1/notifications/${first}/deliveries?provider=pushbullet&state=parked`, 'userId'), ['B'])
  t.same(await listAll(`/v1/notifications/${first}/deliveries?provider=nowhere`, 'userId'), [])
  t.match(await get('/v1/notifications?status=lost'), { status: 400, body: { errors: [{ path: 'status' }] } })
  t.same(await listAll('/v1/connections?status=needsReauth', 'userId'), ['B'])
  t.same(await listAll('/v1/connections?status=active&limit=1&provider=pushbullet', 'userId'), ['cleo'])
})
