import t from 'tap'
import { apiError, openTestBlotre } from './open-test-blotre.ts'
import type { Member } from './open-test-blotre.ts'

const blotre = await openTestBlotre(t)

async function control (path: string, body: object) {
  return await blotre.call('POST', `/_control/${path}`, { body: { provider: 'blotre', ...body } })
}

async function write ({ api, rootStream }: Member, color = '#123456') {
  return await api('POST', `/stream/${rootStream}/status`, { color })
}

async function refresh ({ refreshToken }: Member) {
  return await blotre.token({ grant_type: 'refresh_token', refresh_token: refreshToken })
}

t.test('creates accounts that have granted access, with everything that a client needs', async (t) => {
  const { status, json: { data } } = await control('accounts', { count: 500 })
  t.equal(status, 200)
  const made = data as Array<Record<string, unknown>>
  t.equal(made.length, 500)
  for (const member of ['account', 'accessToken', 'refreshToken', 'userId', 'rootStream']) {
    t.equal(new Set(made.map((each) => each[member])).size, 500, member)
  }
  t.match(made[499], { accessToken: /^\w{48}$/, refreshToken: /^\w{48}$/, expiresIn: 7200, userId: /^[0-9a-f]{24}$/, rootStream: /^[0-9a-f]{24}$/ })
})

t.test('expires access tokens, which a refresh replaces', async (t) => {
  const [one, other] = [await blotre.member(), await blotre.member()]
  t.same((await control('tokens/expire', { account: one.account })).json, { expired: 1 })
  const response = await write(one)
  t.equal(response.status, 401)
  t.match(response.headers.get('www-authenticate'), 'error="invalid_token"')
  t.match(await write(other), { status: 200 })
  t.match(await refresh(one), { status: 200 })
  t.same((await control('tokens/expire', { account: other.account })).json, { expired: 1 })
  t.same((await control('tokens/expire', { account: other.account })).json, { expired: 0 })
})

t.test('expires refresh tokens, alone or with access tokens', async (t) => {
  const [one, other] = [await blotre.member(), await blotre.member()]
  t.same((await control('tokens/expire', { account: one.account, tokens: 'refresh' })).json, { expired: 1 })
  t.match(await write(one), { status: 200 })
  t.match(await refresh(one), { status: 400, json: { error: 'invalid_grant' } })
  await control('tokens/expire', { account: other.account, tokens: 'both' })
  t.match(await write(other), { status: 401, json: { error: 'Access token is expired.' } })
  t.match(await refresh(other), { status: 400, json: { error: 'invalid_grant' } })
  t.match(await control('tokens/expire', { tokens: 'all' }), { status: 400 })
})

t.test('revokes like a user: the access token reads as expired, and the refresh token is refused', async (t) => {
  const [one, other] = [await blotre.member(), await blotre.member()]
  t.same((await control('tokens/revoke', { account: one.account })).json, { revoked: 1 })
  const response = await write(one)
  t.equal(response.status, 401)
  t.same(response.json, apiError('Access token is expired.'))
  t.match(await refresh(one), { status: 400, json: { error: 'invalid_grant' } })
  t.match(await write(other), { status: 200 })
  t.match((await blotre.redeemCode(await blotre.code(one.account))).json, { user: { userName: one.account } }, 'they may grant anew')
  await control('tokens/revoke', {})
  t.match(await write(other), { status: 401 })
})

t.test('counts the refreshes of an account, and refused ones separately', async (t) => {
  const member = await blotre.member()
  const counts = async () => (await blotre.call('GET', `/_control/refreshes?provider=blotre&account=${member.account}`)).json['data']
  t.same(await counts(), [{ account: member.account, refreshes: 0, refused: 0 }])
  await Promise.all(Array.from({ length: 8 }, async () => await refresh(member)))
  t.same(await counts(), [{ account: member.account, refreshes: 1, refused: 7 }])
  await blotre.token({ grant_type: 'refresh_token', refresh_token: 'nonsense' })
  const all = await blotre.call('GET', '/_control/refreshes?provider=blotre')
  t.ok((all.json['data'] as object[]).some((each) => JSON.stringify(each) === JSON.stringify({ account: member.account, refreshes: 1, refused: 7 })))
  t.match(await blotre.call('GET', '/_control/refreshes?provider=blotre&account=nobody'), { status: 400 })
  t.same((await blotre.call('GET', '/_control/refreshes?provider=pushbullet')).json, { data: [] })
})

t.test('counts requests to the token endpoint like all others', async (t) => {
  await blotre.call('POST', '/_control/reset')
  await refresh(await blotre.member())
  await blotre.token({ grant_type: 'refresh_token', refresh_token: 'nonsense' })
  t.same((await blotre.call('GET', '/_control/stats')).json['data'], [
    { provider: 'blotre', endpoint: 'POST /blotre/v0/oauth2/access_token', requests: 2, faults: 0, answers: { 200: 1, 400: 1 } }
  ])
})

t.test('adds changes of status and tags to the inbox, without the token', async (t) => {
  const member = await blotre.member()
  const stream = { id: member.rootStream, name: member.account, uri: member.account }
  await write(member, '#ff0000')
  await member.api('POST', `/stream/${member.rootStream}/tags`, [{ tag: 'urgent' }])
  await write(member, '#00ff00')
  await member.api('PUT', `/stream/${member.rootStream}/tags/urgent`)
  await write(await blotre.member(), '#0000ff')
  const arrivals = await blotre.inboxOf(member.account)
  t.match(arrivals.map(({ item }) => item), [
    { type: 'status', stream, status: { color: '#ff0000' }, tags: [] },
    { type: 'tags', stream, status: { color: '#ff0000' }, tags: [{ tag: 'urgent' }] },
    { type: 'status', stream, status: { color: '#00ff00' }, tags: [{ tag: 'urgent' }] }
  ])
  t.equal(arrivals.length, 3)
  t.match(arrivals[0]?.request, {
    method: 'POST', path: `/blotre/v0/api/stream/${member.rootStream}/status`, body: { color: '#ff0000' }, headers: { authorization: 'Bearer [redacted]' }
  })
  t.notMatch(JSON.stringify(arrivals), member.accessToken)
})

t.test('adds the status and tags of a new stream to the inbox, and no empty stream', async (t) => {
  const member = await blotre.member()
  await blotre.makeStream(member, 'bare')
  await member.api('PUT', '/stream', { name: 'lamp', uri: `${member.account}/lamp`, status: { color: '#ff0000' }, tags: [{ tag: 'home' }] })
  t.match((await blotre.inboxOf(member.account)).map(({ item }) => item), [
    { type: 'status', stream: { uri: `${member.account}/lamp` } }, { type: 'tags', tags: [{ tag: 'home' }] }
  ])
})

t.test('sends Blot\'re\'s usual response for a status', async (t) => {
  const member = await blotre.member()
  const strike = async (rule: object) => {
    await blotre.call('POST', '/_control/faults', { body: { provider: 'blotre', times: 1, ...rule } })
    return await write(member)
  }
  t.same((await strike({ status: 500 })).json, apiError('An internal server error occurred.'))
  t.same((await strike({ status: 401 })).json, apiError('Action requires authorization.'))
  t.match((await strike({ status: 503 })).headers.get('content-type'), /^text\/html/)
  t.match((await strike({ status: 429, headers: { 'retry-after': 3 } })).headers.get('retry-after'), '3')
  t.match(await strike({ match: 'POST /v0/oauth2', status: 500 }), { status: 200 })
})

t.test('loses the response of a successful refresh', async (t) => {
  const member = await blotre.member()
  await blotre.call('DELETE', '/_control/faults')
  await blotre.call('POST', '/_control/faults', { body: { provider: 'blotre', match: '/access_token', reset: 'after', times: 1 } })
  await t.rejects(refresh(member))
  t.match(await refresh(member), { status: 400, json: { error: 'invalid_grant' } })
  t.match(await write(member), { status: 401, json: { error: 'Action requires authorization.' } })
})

t.test('deletes everything on reset', async (t) => {
  const member = await blotre.member()
  const code = await blotre.code()
  const lamp = await blotre.disposable()
  await blotre.call('POST', '/_control/reset')
  t.match(await write(member), { status: 401, json: { error: 'Action requires authorization.' } })
  t.match(await blotre.read(`/user/${member.userId}`), { status: 404 })
  t.same((await blotre.read('/stream')).json, [])
  t.match(await blotre.redeemCode(code), { status: 400 })
  t.match(await blotre.redeem(lamp.code), { status: 404 })
  t.same((await blotre.call('GET', '/_control/refreshes?provider=blotre')).json, { data: [] })
})
