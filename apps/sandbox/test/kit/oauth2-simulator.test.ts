import t from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'
import { createTeapot } from './teapot.ts'

const { call, url } = await openTestSandbox(t, { simulators: [createTeapot] })
const REDIRECT = 'http://127.0.0.1:4000/connect/teapot/callback'
const control = async (path: string, body: object) => (await call('POST', `/_control${path}`, { body: { provider: 'teapot', ...body } })).json

async function authorize (changes: Record<string, string> = {}) {
  const query = new URLSearchParams({ client_id: 'carillon', redirect_uri: REDIRECT, response_type: 'code', state: 's', auto: 'allow', ...changes })
  const { status, text, headers } = await call('GET', `/teapot/authorize?${query}`)
  return { status, text, location: headers.get('location') }
}

async function token (fields: Record<string, string>, headers?: Record<string, string>) {
  const client = headers === undefined ? { client_id: 'carillon', client_secret: 'sandbox-secret' } : {}
  return await call('POST', '/teapot/token', { body: new URLSearchParams({ ...client, ...fields }), ...headers !== undefined && { headers } })
}

async function connect (account: string) {
  const code = new URL((await authorize({ account })).location ?? '').searchParams.get('code') ?? ''
  const { json } = await token({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT })
  return { code, accessToken: String(json['access_token']), refreshToken: String(json['refresh_token']) }
}

async function brew (accessToken: string) {
  return await call('POST', '/teapot/brews', { body: { tea: 'Assam' }, headers: { authorization: `Bearer ${accessToken}` } })
}

t.test('exchanges a code once, and delivers to the inbox of its account', async (t) => {
  const { status, location } = await authorize({ account: 'ann' })
  t.equal(status, 302)
  t.match(location, /^http:\/\/127\.0\.0\.1:4000\/connect\/teapot\/callback\?code=\w{32}&state=s$/)
  const code = new URL(location ?? '').searchParams.get('code') ?? ''
  const exchange = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT }
  const { status: exchanged, json, headers } = await token(exchange)
  t.match([exchanged, json], [200, { token_type: 'Bearer', expires_in: 3600, refresh_token: /^\w{32}$/ }])
  t.equal(headers.get('cache-control'), 'no-store')
  t.match(await brew(String(json['access_token'])), { status: 201, json: { tea: 'Assam' } })
  const { json: { data } } = await call('GET', '/_control/inbox?provider=teapot&account=ann')
  t.match(data, [{ item: { tea: 'Assam' }, request: { headers: { authorization: 'Bearer [redacted]' } } }])
  t.match(await token(exchange), { status: 400, json: { error: 'invalid_grant' } })
})

t.test('accepts the client in the body or in an encoded Basic header', async (t) => {
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
  const unknownCode = { grant_type: 'authorization_code', code: 'x' }
  t.match(await token(unknownCode, basic('carillon:sandbox%2Dsecret')), { status: 400, json: { error: 'invalid_grant' } })
  t.match(await token(unknownCode, basic('carillon:wrong')), { status: 401, json: { error: 'invalid_client' } })
  t.match(await token({ grant_type: 'password' }), { status: 400, json: { error: 'unsupported_grant_type' } })
  const { code } = await connect('bea')
  t.match(await token({ grant_type: 'authorization_code', code, redirect_uri: `${REDIRECT}?x` }), { status: 400, json: { error: 'invalid_grant' } })
})

t.test('redirects a denial, and shows a page for an unknown client, redirect_uri or response_type', async (t) => {
  t.equal((await authorize({ auto: 'deny' })).location, `${REDIRECT}?error=access_denied&state=s`)
  for (const changes of [{ client_id: 'x' }, { redirect_uri: 'https://evil.example/connect/teapot/callback' }, { response_type: 'token' }, { auto: 'maybe' }]) {
    t.match(await authorize(changes), { status: 400, location: null, text: 'This request cannot be granted' }, JSON.stringify(changes))
  }
})

t.test('expires tokens, rotates them on refresh, and counts refreshes', async (t) => {
  const { accessToken, refreshToken } = await connect('cid')
  t.same(await control('/tokens/expire', { account: 'cid' }), { expired: 1 })
  const refused = await brew(accessToken)
  t.equal(refused.status, 401)
  t.equal(refused.headers.get('www-authenticate'), 'Bearer error="invalid_token", error_description="The access token expired"')
  const { json } = await token({ grant_type: 'refresh_token', refresh_token: refreshToken })
  t.match(await brew(String(json['access_token'])), { status: 201 })
  t.match(await token({ grant_type: 'refresh_token', refresh_token: refreshToken }), { status: 400, json: { error: 'invalid_grant' } })
  const { json: { data } } = await call('GET', '/_control/refreshes?provider=teapot&account=cid')
  t.same(data, [{ account: 'cid', refreshes: 1, refused: 1 }])
})

t.test('revokes a grant by either of its tokens, and all grants of an account', async (t) => {
  for (const kind of ['accessToken', 'refreshToken'] as const) {
    const granted = await connect('dan')
    const client = { client_id: 'carillon', client_secret: 'sandbox-secret' }
    t.match(await call('POST', '/teapot/revoke', { body: new URLSearchParams({ ...client, token: granted[kind] }) }), { status: 200 })
    t.match(await brew(granted.accessToken), { status: 401 }, kind)
    t.match(await token({ grant_type: 'refresh_token', refresh_token: granted.refreshToken }), { status: 400 }, kind)
  }
  const { accessToken } = await connect('dan')
  t.same(await control('/tokens/revoke', { account: 'dan' }), { revoked: 1 })
  t.match(await brew(accessToken), { status: 401 })
})

t.test('has accounts, faults, the environment and the consent page of every simulator', async (t) => {
  const { data } = await control('/accounts', { count: 1 })
  const [{ accessToken }] = data as [{ accessToken: string }]
  for (const [status, expected] of [[429, { error: 'status 429' }], [401, { error: 'invalid_token' }], [503, {}]] as const) {
    await control('/faults', { match: 'POST /brews', status, times: 1 })
    t.match(await brew(accessToken), { status, json: expected })
  }
  t.match(await brew(accessToken), { status: 201 })
  const { json: { data: environments } } = await call('GET', '/_control/environment')
  t.match((environments as object[]).at(-1), { provider: 'teapot', environment: { TEAPOT_URL: `${url}/teapot` } })
  const { json: { data: providers } } = await call('GET', '/screen/providers')
  const { consentPath } = (providers as Array<{ id: string, consentPath: string }>).find(({ id }) => id === 'teapot') ?? { consentPath: '' }
  t.match(await call('GET', consentPath), { status: 200, text: 'Carillon wants to access your Teapot account' })
  const granted = new URL((await call('GET', `${consentPath}&auto=allow`)).headers.get('location') ?? '')
  t.match(await call('GET', granted.pathname + granted.search), { status: 200, text: /curl .*\/teapot\/token .*code=\w{32}/ })
})

t.test('forgets its users, codes and tokens on reset', async (t) => {
  const { accessToken } = await connect('eve')
  await call('POST', '/_control/reset')
  t.match(await brew(accessToken), { status: 401 })
  t.match(await control('/tokens/revoke', { account: 'eve' }), { error: 'account: teapot has no account "eve"' })
})
