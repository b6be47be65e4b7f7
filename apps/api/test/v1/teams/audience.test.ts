import t from 'tap'
import { at, openTestApi, textAt } from '../../open-api.ts'
import { connectUsers, noteTo } from '../seed.ts'

const api = await openTestApi(t)
const token = await api.makeKey()
const connections = await connectUsers(api, ['ann', 'bob', 'cleo', 'dan'])
const put = (teamId: string, ownerId: string, memberIds: string[]) =>
  api.ask('PUT', `/v1/teams/${teamId}`, { token, body: { name: teamId, ownerId, memberIds } })
await put('crew', 'ann', ['bob', 'newcomer'])
await put('board', 'ann', ['cleo'])
const to = (...teamIds: string[]) => ({ ...noteTo(), audience: { teamIds } })
const post = (body: unknown, key = token) => api.ask('POST', '/v1/notifications', { token: key, body })
const rung = async (id: string) => {
  const { body } = await api.ask('GET', `/v1/notifications/${id}/deliveries`, { token })
  return Object.values(at(body, 'data') ?? {}).map((delivery) => at(delivery, 'userId'))
}

t.test('sends to each member of teams once, and lists the unreachable ones', async (t) => {
  const { status, body } = await post(to('crew', 'board', 'nowhere'), await api.makeKey('notifications:write'))
  t.equal(status, 202)
  t.match(body, {
    audience: { teamIds: ['crew', 'board', 'nowhere'] },
    status: 'accepted',
    deliveries: 3,
    counts: { queued: 3 },
    unreachable: [{ userId: 'newcomer', reason: 'notConnected' }, { teamId: 'nowhere', reason: 'unknownTeam' }]
  })
  t.same(await rung(textAt(body, 'id')), ['ann', 'bob', 'cleo'])
  t.same((await api.ask('GET', `/v1/notifications/${textAt(body, 'id')}`, { token })).body, body)
})

t.test('sends to the members at the time of acceptance', async (t) => {
  const { body } = await post(to('board'))
  await put('board', 'ann', ['dan'])
  t.same(await rung(textAt(body, 'id')), ['ann', 'cleo'])
  t.same(await rung(textAt((await post(to('board'))).body, 'id')), ['ann', 'dan'])
  await put('board', 'ann', ['cleo'])
})

t.test('previews the audience of a team', async (t) => {
  const { status, body } = await api.ask('POST', '/v1/notifications/preview', { token, body: { audience: { teamIds: ['crew', 'board', 'nowhere'] } } })
  t.equal(status, 200)
  t.match(body, { total: 3, providers: [{ provider: 'pushbullet', reachable: 3, parked: 0 }], unreachable: 2 })
})

t.test('accepts teams in a batch', async (t) => {
  const { status, body } = await api.ask('POST', '/v1/notifications/batch', { token, body: { notifications: [to('crew'), noteTo('dan'), to('nowhere')] } })
  t.equal(status, 202)
  t.match(body, { data: [{ deliveries: 2 }, { deliveries: 1 }, { deliveries: 0, status: 'completed', unreachable: [{ teamId: 'nowhere' }] }] })
})

t.test('limits the number of users per request, named or in teams', async (t) => {
  const memberIds = Array.from({ length: 5_000 }, (_, index) => `many-${index}`)
  for (let number = 0; number < 4; number++) await put(`many-${number}`, 'ann', memberIds)
  const many = Array.from({ length: 4 }, (_, number) => `many-${number}`)
  t.match(await post(to(...many)), { status: 202, body: { deliveries: 1 } })
  const notifications = Array.from({ length: 6 }, () => to(...many))
  const refused = await api.ask('POST', '/v1/notifications/batch', { token, body: { notifications } })
  t.match(refused, { status: 400, body: { errors: [{ path: 'notifications', message: 'must have at most 100000 users in total, and has 120024' }] } })
})

t.test('accepts either users or teams or everyone', async (t) => {
  for (const audience of [{ teamIds: [] }, { teamIds: ['crew'], userIds: ['dan'] }, { teamIds: ['crew'], everyone: true }, { teamIds: ['crew', 'crew'] }, { teamIds: [7] }]) {
    t.match(await post({ ...noteTo(), audience }), { status: 400, body: { code: 'invalidInput' } }, JSON.stringify(audience))
  }
})

t.test("never sends through a team's connection, for any audience", async (t) => {
  const id = connections.get('dan') ?? ''
  await api.database.sql`
    update connections set user_id = null, team_id = (select id from teams where external_id = 'crew') where id = ${id.slice(4)}`
  const { body } = await post(to('crew', 'board'))
  t.same(await rung(textAt(body, 'id')), ['ann', 'bob', 'cleo'])
  t.match((await post(noteTo('dan'))).body, { unreachable: [{ userId: 'dan', reason: 'notConnected' }] })
  const { body: preview } = await api.ask('POST', '/v1/notifications/preview', { token, body: { audience: { everyone: true } } })
  t.match(preview, { total: 3 })
})
