import t from 'tap'
import { apiError, openTestBlotre } from './open-test-blotre.ts'

const blotre = await openTestBlotre(t)
const ROOT = '/blotre/v0/oauth2'

async function info (token: string) {
  return await blotre.call('GET', `${ROOT}/token_info?token=${token}`)
}

async function revoke (token: string) {
  return await blotre.call('POST', `${ROOT}/revoke?token=${token}`)
}

t.test('reports for either token when it was issued and when it expires', async (t) => {
  const { account, accessToken, refreshToken, userId, rootStream } = await blotre.member()
  const issued = Date.now()
  await blotre.advance(600)
  for (const token of [accessToken, refreshToken]) {
    const { status, json, headers } = await info(token)
    t.equal(status, 200)
    t.same(Object.keys(json), ['issued', 'expires_in', 'client_id', 'user'])
    t.ok(Math.abs(Number(json['issued']) - issued) < 30_000)
    t.ok(Number(json['expires_in']) > 6540 && Number(json['expires_in']) <= 6600)
    t.equal(json['client_id'], 'carillon')
    t.same(json['user'], { id: userId, userName: account, rootStream })
    t.equal(headers.get('cache-control'), 'no-cache, no-store, must-revalidate')
    t.equal(headers.get('expires'), '0')
  }
})

t.test('does not know an expired access token, and omits the user for its refresh token', async (t) => {
  const { accessToken, refreshToken } = await blotre.member()
  await blotre.advance(7200)
  t.match(await info(accessToken), { status: 404 })
  t.match(await info(refreshToken), { status: 200, json: { expires_in: 0, user: null } })
})

t.test('returns 404 for an unknown token, and a page without a token', async (t) => {
  for (const response of [await info('nonsense'), await revoke('nonsense')]) {
    t.equal(response.status, 404)
    t.same(response.json, apiError('No such token.'))
    t.equal(response.headers.get('cache-control'), 'no-cache, no-store, must-revalidate')
  }
  t.match(await blotre.call('GET', `${ROOT}/token_info`), { status: 400 })
  t.match(await blotre.call('POST', `${ROOT}/revoke`, { body: new URLSearchParams({ token: 'x' }) }), { status: 400 })
})

t.test('revokes both tokens by either: the access token then reads as expired, and the refresh token is refused', async (t) => {
  for (const kind of ['accessToken', 'refreshToken'] as const) {
    const member = await blotre.member()
    const { status, text } = await revoke(member[kind])
    t.equal(status, 200)
    t.equal(text, '')

    const write = await member.api('POST', `/stream/${member.rootStream}/status`, { color: '#123456' })
    t.equal(write.status, 401)
    t.same(write.json, apiError('Access token is expired.'))
    t.match(write.headers.get('www-authenticate'), 'error="invalid_token"')
    t.match(await blotre.token({ grant_type: 'refresh_token', refresh_token: member.refreshToken }), {
      status: 400, json: { error: 'invalid_grant', error_description: '' }
    })
    t.match(await revoke(member[kind]), { status: 404 }, 'the second time it is not known')
    t.match(await info(member.refreshToken), { status: 404 })
  }
})

t.test('refuses to revoke by an expired access token, and accepts its refresh token', async (t) => {
  const { accessToken, refreshToken } = await blotre.member()
  await blotre.advance(7200)
  t.match(await revoke(accessToken), { status: 404 })
  t.match(await revoke(refreshToken), { status: 200 })
})
