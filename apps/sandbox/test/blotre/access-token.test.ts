import t from 'tap'
import { openTestBlotre, REDIRECT } from './open-test-blotre.ts'

const blotre = await openTestBlotre(t)
const PATH = '/blotre/v0/oauth2/access_token'

function refusal (error: string): object {
  return { status: 400, json: { error, error_description: '' } }
}

async function isAlive (accessToken: unknown, rootStream: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${String(accessToken)}` }
  const body = { color: '#123456' }
  return (await blotre.call('POST', `/blotre/v0/api/stream/${rootStream}/status`, { headers, body })).status === 200
}

async function refresh (refreshToken: unknown, changes: Record<string, string> = {}) {
  return await blotre.token({ grant_type: 'refresh_token', refresh_token: String(refreshToken), ...changes })
}

t.test('exchanges a code for a pair of tokens and the user', async (t) => {
  const { status, json, headers } = await blotre.redeemCode(await blotre.code('ann'))
  t.equal(status, 200)
  t.same(Object.keys(json), ['access_token', 'token_type', 'expires_in', 'refresh_token', 'user'])
  t.match(json, { access_token: /^[A-Za-z0-9]{48}$/, token_type: 'bearer', expires_in: 7200, refresh_token: /^[A-Za-z0-9]{48}$/ })
  t.match(json['user'], { id: /^[0-9a-f]{24}$/, userName: 'ann', rootStream: /^[0-9a-f]{24}$/ })
  t.same(Object.keys(json['user'] as object), ['id', 'userName', 'rootStream'])
  t.match(Buffer.from(String(json['access_token']), 'base64').toString(), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  t.equal(headers.get('cache-control'), 'no-cache, no-store, must-revalidate')
  t.equal(headers.get('expires'), '0')
})

t.test('accepts a form only', async (t) => {
  const fields = async () => ({
    grant_type: 'authorization_code', client_id: 'carillon', client_secret: 'sandbox-secret', code: await blotre.code(), redirect_uri: REDIRECT
  })
  const json = await blotre.call('POST', PATH, { body: await fields() })
  t.equal(json.status, 415)
  t.match(json.headers.get('content-type'), /^text\/html/)
  t.match(await blotre.call('POST', `${PATH}?${new URLSearchParams(await fields())}`), { status: 415 })
  const queryWithForm = await blotre.call('POST', `${PATH}?${new URLSearchParams(await fields())}`, { body: new URLSearchParams({ x: 'y' }) })
  t.match(queryWithForm, refusal('invalid_grant'))
})

t.test('does not read the client from an Authorization header', async (t) => {
  const body = new URLSearchParams({ grant_type: 'authorization_code', code: await blotre.code(), redirect_uri: REDIRECT })
  const headers = { authorization: `Basic ${Buffer.from('carillon:sandbox-secret').toString('base64')}` }
  t.match(await blotre.call('POST', PATH, { body, headers }), refusal('invalid_grant'))
})

t.test('returns invalid_grant for a missing client, whatever else is wrong', async (t) => {
  for (const missing of ['client_id', 'client_secret']) {
    const body = new URLSearchParams({ client_id: 'carillon', client_secret: 'sandbox-secret', grant_type: 'nonsense' })
    body.delete(missing)
    const response = await blotre.call('POST', PATH, { body })
    t.match(response, refusal('invalid_grant'))
    t.same(Object.keys(response.json), ['error', 'error_description'])
    t.equal(response.headers.get('cache-control'), 'no-cache, no-store, must-revalidate')
    t.equal(response.headers.get('www-authenticate'), null)
  }
})

t.test('returns unsupported_grant_type for an unknown or missing grant type', async (t) => {
  t.match(await blotre.token({ grant_type: 'password' }), refusal('unsupported_grant_type'))
  t.match(await blotre.token({}), refusal('unsupported_grant_type'))
})

t.test('returns invalid_grant for a code that is unknown, or of another redirect or client', async (t) => {
  t.match(await blotre.redeemCode('nonsense'), refusal('invalid_grant'))
  t.match(await blotre.redeemCode(await blotre.code(), { redirect_uri: 'http://localhost/connect/blotre/callback' }), refusal('invalid_grant'))
  t.match(await blotre.redeemCode(await blotre.code(), { redirect_uri: '' }), refusal('invalid_grant'))
  const { id, secret } = await blotre.disposable()
  t.match(await blotre.redeemCode(await blotre.code(), { client_id: id, client_secret: secret }), refusal('invalid_grant'))
})

t.test('returns invalid_client for a wrong secret, and keeps the code valid', async (t) => {
  const code = await blotre.code()
  t.match(await blotre.redeemCode(code, { client_secret: 'wrong' }), refusal('invalid_client'))
  t.match(await blotre.redeemCode(code), { status: 200 })
})

t.test('accepts a code once, for an hour, and only the latest of a user', async (t) => {
  const code = await blotre.code()
  t.match(await blotre.redeemCode(code), { status: 200 })
  t.match(await blotre.redeemCode(code), refusal('invalid_grant'))

  const [older, newer] = [await blotre.code(), await blotre.code()]
  t.match(await blotre.redeemCode(older), refusal('invalid_grant'))
  t.match(await blotre.redeemCode(newer), { status: 200 })

  const [kept, late] = [await blotre.code('ann'), await blotre.code('bob')]
  await blotre.advance(3590)
  t.match(await blotre.redeemCode(kept), { status: 200 })
  await blotre.advance(11)
  t.match(await blotre.redeemCode(late), refusal('invalid_grant'))
})

t.test('invalidates the previous pair when a new code is exchanged', async (t) => {
  const first = (await blotre.redeemCode(await blotre.code('dora'))).json
  const { rootStream } = first['user'] as { rootStream: string }
  t.ok(await isAlive(first['access_token'], rootStream))
  const second = (await blotre.redeemCode(await blotre.code('dora'))).json
  t.notOk(await isAlive(first['access_token'], rootStream))
  t.ok(await isAlive(second['access_token'], rootStream))
  t.match(await refresh(first['refresh_token']), refusal('invalid_grant'))
})

t.test('replaces both tokens on refresh, and does not know the old ones', async (t) => {
  const { accessToken, refreshToken, rootStream } = await blotre.member()
  const { status, json, headers } = await refresh(refreshToken, { redirect_uri: '' })
  t.equal(status, 200)
  t.not(json['access_token'], accessToken)
  t.not(json['refresh_token'], refreshToken)
  t.match(json, { token_type: 'bearer', expires_in: 7200, user: { rootStream } })
  t.equal(headers.get('expires'), '0')
  t.notOk(await isAlive(accessToken, rootStream))
  t.ok(await isAlive(json['access_token'], rootStream))
  t.match(await refresh(refreshToken), refusal('invalid_grant'))
  t.match(await blotre.call('GET', `/blotre/v0/oauth2/token_info?token=${accessToken}`), { status: 404 })
  t.match(await refresh(json['refresh_token']), { status: 200 })
})

t.test('returns invalid_client for a refresh by another client or with a wrong secret, and keeps the pair', async (t) => {
  const { refreshToken } = await blotre.member()
  const { id, secret } = await blotre.disposable()
  t.match(await refresh(refreshToken, { client_id: id, client_secret: secret }), refusal('invalid_client'))
  t.match(await refresh(refreshToken, { client_secret: 'wrong' }), refusal('invalid_client'))
  t.match(await refresh('nonsense', { client_secret: 'wrong' }), refusal('invalid_grant'), 'the token is looked at first')
  t.match(await refresh(refreshToken), { status: 200 })
})

t.test('expires an access token after two hours and its refresh token after fourteen days', async (t) => {
  const { accessToken, refreshToken, rootStream } = await blotre.member()
  await blotre.advance(7190)
  t.ok(await isAlive(accessToken, rootStream))
  await blotre.advance(11)
  t.notOk(await isAlive(accessToken, rootStream))
  await blotre.advance(14 * 86_400 - 7201 - 60)
  const { status, json } = await refresh(refreshToken)
  t.equal(status, 200)
  t.ok(await isAlive(json['access_token'], rootStream))
  await blotre.advance(14 * 86_400)
  t.match(await refresh(json['refresh_token']), refusal('invalid_grant'))
})
