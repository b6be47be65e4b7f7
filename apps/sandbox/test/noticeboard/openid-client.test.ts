import {
  allowInsecureRequests, authorizationCodeGrant, buildAuthorizationUrl, calculatePKCECodeChallenge, ClientSecretBasic,
  ClientSecretPost, discovery, enableNonRepudiationChecks,
  fetchUserInfo, randomNonce, randomPKCECodeVerifier, refreshTokenGrant, tokenRevocation
} from 'openid-client'
import type { ClientAuth, Configuration } from 'openid-client'
import t from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'

const { url, call } = await openTestSandbox(t)
const secret = 'sandbox/secret+1'
const refused = { code: 'OAUTH_RESPONSE_BODY_ERROR' }
const challenged = { code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE' }
const redirectUri = 'http://127.0.0.1:1/connect/noticeboard/callback'

// A client that we did not write, with its own HTTP client.
const open = (auth: ClientAuth = ClientSecretBasic(secret)): Promise<Configuration> =>
  discovery(new URL(`${url}/noticeboard`), 'carillon', {}, auth, { execute: [allowInsecureRequests, enableNonRepudiationChecks] })

async function connect (configuration: Configuration, account = 'ann') {
  const [pkceCodeVerifier, expectedNonce, expectedState] = [randomPKCECodeVerifier(), randomNonce(), 'the-state']
  const authorizeUrl = buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri,
    scope: 'openid notices',
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: await calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    auto: 'allow',
    account
  })
  const { headers } = await fetch(authorizeUrl, { redirect: 'manual' })
  const callback = new URL(headers.get('location') ?? '')
  return { callback, checks: { pkceCodeVerifier, expectedNonce, expectedState, idTokenExpected: true } }
}

const quirk = (name: string, on: boolean) => call('POST', '/_control/quirks', { body: { provider: 'noticeboard', quirk: name, on } })

t.test('openid-client connects, reads the user, refreshes and revokes', async (t) => {
  const configuration = await open()
  const { callback, checks } = await connect(configuration)
  const token = await authorizationCodeGrant(configuration, callback, checks)
  t.match(token, { token_type: 'bearer', expires_in: 3_600, scope: 'openid notices', refresh_token: /./ })
  t.match(token.claims(), { sub: 'noticeboard|ann', aud: 'carillon', iss: `${url}/noticeboard` })
  t.match(await fetchUserInfo(configuration, token.access_token, 'noticeboard|ann'), { name: 'ann' })
  const refreshed = await refreshTokenGrant(configuration, token.refresh_token ?? '')
  t.not(refreshed.refresh_token, token.refresh_token)
  await t.rejects(fetchUserInfo(configuration, token.access_token, 'noticeboard|ann'), challenged, 'the old access token is dead')
  await tokenRevocation(configuration, refreshed.refresh_token ?? '')
  await t.rejects(refreshTokenGrant(configuration, refreshed.refresh_token ?? ''), refused)
  t.equal(await tokenRevocation(configuration, 'unknown'), undefined)
})

t.test('openid-client refuses what the quirks spoil', async (t) => {
  const rows: Array<[name: string, message: RegExp]> = [
    ['omitsIss', /"iss" \(issuer\) missing|invalid response/], ['sendsWrongIss', /invalid response/], ['sendsWrongNonce', /unexpected JWT claim/],
    ['omitsNonce', /./], ['signsWithUnknownKey', /./], ['clockIsSlow', /timestamp/]
  ]
  const configuration = await open()
  for (const [name, message] of rows) {
    await quirk(name, true)
    const { callback, checks } = await connect(configuration)
    await t.rejects(authorizationCodeGrant(configuration, callback, checks), { message }, name)
    await quirk(name, false)
  }
  await quirk('liesAboutIssuer', true)
  await t.rejects(open(), { code: 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED' })
  await quirk('liesAboutIssuer', false)
  const { callback, checks } = await connect(configuration)
  await quirk('confusesUsers', true)
  const token = await authorizationCodeGrant(configuration, callback, checks)
  await t.rejects(fetchUserInfo(configuration, token.access_token, 'noticeboard|ann'), { code: 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED' })
  await quirk('confusesUsers', false)
})

t.test('requires PKCE, the right client, and each code and refresh token once', async (t) => {
  const configuration = await open()
  const used = await connect(configuration)
  const token = await authorizationCodeGrant(configuration, used.callback, used.checks)
  await t.rejects(authorizationCodeGrant(configuration, used.callback, used.checks), refused)
  const other = await connect(configuration)
  const otherVerifier = { ...other.checks, pkceCodeVerifier: randomPKCECodeVerifier() }
  await t.rejects(authorizationCodeGrant(configuration, other.callback, otherVerifier), refused)

  const next = await refreshTokenGrant(configuration, token.refresh_token ?? '')
  await t.rejects(refreshTokenGrant(configuration, token.refresh_token ?? ''), refused)
  await t.rejects(refreshTokenGrant(configuration, next.refresh_token ?? ''), refused, 'the used token ended the family')

  const post = await open(ClientSecretPost(secret))
  const third = await connect(post)
  await quirk('acceptsOnlyBasic', true)
  await t.rejects(authorizationCodeGrant(post, third.callback, third.checks), challenged)
  await quirk('acceptsOnlyBasic', false)
  await t.rejects(open(ClientSecretBasic('wrong')).then((wrong) => refreshTokenGrant(wrong, 'x')), challenged)
})

t.test('publishes the keys before a rotation beside the new one', async (t) => {
  const before = (await call('GET', '/noticeboard/jwks')).json['keys']
  const after = (await call('POST', '/_control/noticeboard/rotate-keys', { body: {} })).json['keys']
  t.equal(Array.isArray(after) && after.length, 2)
  t.same(Array.isArray(after) && after.slice(1), before)
})

t.test('pins a notice once per id, and refuses what it cannot pin', async (t) => {
  const { json: { data } } = await call('POST', '/_control/accounts', { body: { provider: 'noticeboard', count: 1 } })
  const [{ account, accessToken }] = data as [{ account: string, accessToken: string }]
  const headers = { authorization: `Bearer ${accessToken}` }
  for (const title of ['first', 'second']) {
    t.match(await call('POST', '/noticeboard/api/notices', { headers, body: { id: 'a', title } }), { status: 201, json: { id: 'a', title: 'first' } })
  }
  t.match(await call('PUT', `/noticeboard/api/people/noticeboard%7C${account}/notices/b`, { headers, body: new URLSearchParams({ text: 'form' }) }), { status: 200, json: { id: 'b', text: 'form' } })
  t.match(await call('GET', '/noticeboard/api/notices', { headers }), { json: { data: [{ id: 'a' }, { id: 'b' }] } })
  t.match(await call('PUT', '/noticeboard/api/people/noticeboard%7Celse/notices/b', { headers, body: new URLSearchParams({ text: 'x' }) }), { status: 404 })
  t.match(await call('POST', '/noticeboard/api/notices', { headers, body: {} }), { status: 400, json: { error: 'invalid_notice' } })
  t.match(await call('POST', '/noticeboard/api/notices', { headers, body: { text: 'x'.repeat(4_001) } }), { status: 413 })
  t.match(await call('POST', '/noticeboard/api/notices', { body: { title: 'x' } }), { status: 401, json: { error: 'invalid_token' } })
})
