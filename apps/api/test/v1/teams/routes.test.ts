import t from 'tap'
import { at, textAt } from '../../open-api.ts'
import { openTeamApi } from '../../open-team-api.ts'

const { api, key, put, tokenOf } = await openTeamApi(t, { offer: ['pushbullet', 'blotre'] })
const putTeam = (teamId: string, body: unknown, token = key) => api.ask('PUT', `/v1/teams/${teamId}`, { token, body })
const input = { name: 'The crew', ownerId: 'olive', memberIds: ['max'] }

t.test('creates a team and its users, and updates it the next time', async (t) => {
  const made = await putTeam('made', input)
  t.equal(made.status, 201)
  t.match(made.body, { id: /^tea_[0-9a-f-]{36}$/, teamId: 'made', name: 'The crew', ownerId: 'olive', memberIds: ['max', 'olive'] })
  t.same((await api.ask('GET', '/v1/teams/made', { token: key })).body, made.body)
  const again = await putTeam('made', input)
  t.equal(again.status, 200)
  t.same(again.body, made.body)
  const changed = await putTeam('made', { name: 'Others', ownerId: 'mia', memberIds: ['mia', 'nora'] })
  t.match(changed, { status: 200, body: { id: textAt(made.body, 'id'), name: 'Others', ownerId: 'mia', memberIds: ['mia', 'nora'] } })
})

t.test("keeps the site's ids unchanged", async (t) => {
  for (const teamId of ['a b/c?d#e%', 'ü'.repeat(255), '🔔'.repeat(255)]) {
    const { status, body } = await putTeam(encodeURIComponent(teamId), input)
    t.match([status, at(body, 'teamId')], [201, teamId])
    t.equal((await api.ask('GET', `/v1/teams/${encodeURIComponent(teamId)}`, { token: key })).status, 200)
  }
})

t.test('accepts five thousand members', async (t) => {
  const memberIds = Array.from({ length: 5_000 }, (_, index) => `${index}-${'ü'.repeat(200)}`)
  const { status, body } = await putTeam('many', { ...input, memberIds })
  t.equal(status, 201)
  t.equal(Object.keys(at(body, 'memberIds') ?? {}).length, 5_001)
})

t.test('describes the errors in a team', async (t) => {
  const wrong: Array<[object, string]> = [
    [{ ...input, name: '' }, 'name'], [{ ...input, name: 'x'.repeat(201) }, 'name'], [{ ...input, ownerId: '' }, 'ownerId'],
    [{ name: 'x', memberIds: [] }, 'ownerId'], [{ ...input, memberIds: ['a', ''] }, 'memberIds.1'], [{ ...input, memberIds: 'a' }, 'memberIds'],
    [{ ...input, memberIds: Array.from({ length: 5_001 }, (_, index) => `${index}`) }, 'memberIds'], [{ ...input, color: 'red' }, 'color'],
    [{ ...input, name: ' \t ' }, 'name'], [{ ...input, name: 'half \ud800' }, 'name']
  ]
  for (const [body, path] of wrong) t.match(await putTeam('wrong', body), { status: 400, body: { errors: [{ path }] } }, path)
  t.match(await putTeam('no%00pe', input), { status: 400, body: { code: 'invalidInput' } })
  t.match(await putTeam('x'.repeat(256), input), { status: 400, body: { errors: [{ path: 'teamId' }] } })
  t.match(await api.ask('GET', '/v1/teams/wrong', { token: key }), { status: 404, body: { code: 'notFound' } })
})

t.test('requires the scope', async (t) => {
  const reader = await api.makeKey('users:write', 'connections:read')
  t.match(await putTeam('scoped', input, reader), { status: 403, body: { code: 'insufficientScope' } })
  t.match(await putTeam('scoped', input, await tokenOf('olive')), { status: 403, body: { code: 'wrongCaller' } })
  t.match(await api.ask('GET', '/v1/teams/made', { token: await tokenOf('mia', 'made') }), { status: 403, body: { code: 'wrongCaller' } })
  t.equal((await putTeam('scoped', input, await api.makeKey('teams:write'))).status, 201)
})

t.test('issues tokens for a team only to its members', async (t) => {
  await put('Minted', 'olive', 'max')
  const mint = (userId: string, teamId: string) => api.ask('POST', '/v1/user-tokens', { token: key, body: { userId, teamId } })
  t.equal((await mint('olive', 'minted')).status, 201)
  t.equal((await mint('max', 'minted')).status, 201)
  for (const [userId, teamId] of [['outsider', 'minted'], ['olive', 'nowhere']] as const) {
    t.match(await mint(userId, teamId), { status: 400, body: { code: 'invalidInput', errors: [{ path: 'teamId', message: 'is not a team that this user is in' }] } })
  }
  t.same(await api.database.sql`select from users where external_id = 'outsider'`, [], 'and creates no user')
})

t.test("ends a former member's access immediately, whatever the token states", async (t) => {
  await put('Left', 'olive', 'max')
  const token = await tokenOf('max', 'left')
  t.match((await api.ask('GET', '/v1/connectors', { token })).body, { data: [{ provider: 'pushbullet', reason: 'notOwner', contact: 'olive' }, {}] })
  await put('Left', 'olive')
  t.match(await api.ask('GET', '/v1/connectors', { token }), { status: 404, body: { code: 'notFound', detail: 'There is no such team' } })
  t.equal((await api.ask('POST', '/v1/handshakes', { token, body: { provider: 'pushbullet' } })).status, 404)
  t.equal((await api.ask('POST', '/v1/handshakes', { token, body: { provider: 'blotre' } })).status, 201, "the user's own connections stay accessible")
  await put('Left', 'max')
  t.match((await api.ask('GET', '/v1/connectors', { token })).body, { data: [{ canManage: true, reason: null, contact: null }, {}] })
})

t.test("accepts a team other than the token's", async (t) => {
  await put('One', 'olive', 'max')
  await put('Two', 'max')
  const token = await tokenOf('max', 'one')
  t.match((await api.ask('GET', '/v1/connectors?teamId=two', { token })).body, { data: [{ canManage: true, team: { teamId: 'two', name: 'Two' } }, {}] })
  t.match((await api.ask('POST', '/v1/handshakes', { token, body: { provider: 'pushbullet', teamId: 'two' } })), { status: 201, body: { teamId: 'two' } })
  t.equal((await api.ask('GET', '/v1/connectors?teamId=made', { token })).status, 404)
  t.match(await api.ask('POST', '/v1/handshakes', { token, body: { provider: 'blotre', teamId: 'two' } }), { status: 400, body: { errors: [{ path: 'teamId' }] } })
})

t.test('refuses an import of team connections', async (t) => {
  const connections = [{ userId: 'olive', provider: 'pushbullet', credentials: { accessToken: 'o.some' }, account: { id: '1', name: 'x' } }]
  const { body } = await api.ask('POST', '/v1/connections/import', { token: key, body: { connections } })
  t.match(body, { imported: 0, failed: 1, data: [{ error: { code: 'teamProvider' } }] })
})
