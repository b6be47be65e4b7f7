import type { Failure } from '@carillon/http'
import t from 'tap'
import { fails } from './fails.ts'
import { openService } from './open-service.ts'

t.test('connects with state, PKCE and a nonce, and keeps the account in the credentials', async (t) => {
  const { begin, connect } = await openService(t)
  const { authorizeUrl, pending } = await begin()
  const parameters = Object.fromEntries(new URL(authorizeUrl).searchParams)
  t.match(parameters, {
    response_type: 'code',
    client_id: 'carillon',
    state: 'the-state',
    code_challenge_method: 'S256',
    code_challenge: /^[\w-]{43}$/,
    nonce: /./,
    scope: 'openid profile notices offline_access',
    redirect_uri: 'http://127.0.0.1:1/connect/noticeboard/callback'
  })
  t.notOk('prompt' in parameters)
  t.match(authorizeUrl, 'scope=openid%20profile', 'a space is not a plus')
  t.notMatch(authorizeUrl, String(pending['verifier']), 'the verifier stays with us')
  t.match((await begin({ needsConsentPrompt: true })).authorizeUrl, 'prompt=consent')
  const { account, credentials, expiresAt, missingPermissions } = await connect()
  t.same(account, { id: 'noticeboard|ann', name: 'ann' })
  t.match(credentials, { accessToken: /./, refreshToken: /./, account, subject: 'noticeboard|ann' })
  t.ok((expiresAt?.getTime() ?? 0) > Date.now())
  t.equal(missingPermissions, undefined)
})

t.test('refuses a callback or a token that is not what was asked for', async (t) => {
  const rows: Array<[quirk: string, kind: Failure['kind'], reason: RegExp]> = [
    ['sendsWrongIss', 'rejected', /fails a check/],
    ['omitsIss', 'rejected', /fails a check/],
    ['sendsWrongNonce', 'rejected', /fails a check/],
    ['omitsNonce', 'rejected', /fails a check/],
    ['signsWithUnknownKey', 'rejected', /fails a check/],
    ['clockIsSlow', 'rejected', /fails a check/],
    ['confusesUsers', 'malformed', /different users/]
  ]
  const { connect, quirk } = await openService(t)
  for (const [name, kind, reason] of rows) {
    await quirk(name)
    await fails(t, connect(), kind, reason)
    await quirk(name, false)
  }
  t.ok(await connect())
})

t.test('refuses another state, another verifier and a code that was used', async (t) => {
  const { begin, allow, provider, context } = await openService(t)
  const complete = (pending: Record<string, unknown>, callback: URL) =>
    provider.handshakes.redirect?.complete(pending, callback, context)
  const { authorizeUrl, pending } = await begin()
  await fails(t, complete({ ...pending, state: 'other' }, await allow(authorizeUrl)), 'rejected', /fails a check/)
  await fails(t, complete({ ...pending, verifier: 'x'.repeat(43) }, await allow(authorizeUrl)), 'rejected', /refused the request/)
  const callback = await allow(authorizeUrl)
  t.ok(await complete(pending, new URL(callback)))
  await fails(t, complete(pending, callback), 'rejected', /refused the request/)
})

t.test('accepts a token without the nonce where the document says so, and no other nonce', async (t) => {
  const { connect, quirk } = await openService(t, { nonce: 'optional' })
  t.ok(await connect())
  await quirk('omitsNonce')
  t.ok(await connect())
  await quirk('omitsNonce', false)
  await quirk('sendsWrongNonce')
  await fails(t, connect(), 'rejected', /fails a check/)
})

t.test('believes no metadata of another issuer, and keeps the last good metadata', async (t) => {
  const { begin, connect, context, quirk, simulator } = await openService(t)
  await quirk('liesAboutIssuer')
  await fails(t, begin(), 'misconfigured', /another issuer/)
  await quirk('liesAboutIssuer', false)
  t.ok(await connect())
  for (const name of ['liesAboutIssuer', 'movesTokenEndpoint']) {
    const requests = await simulator.calls('GET /noticeboard/.well-known/openid-configuration')
    await simulator.control('clock', { advanceSeconds: 25 * 3_600 })
    const now = context.now()
    context.now = () => now + 25 * 3_600_000
    await quirk(name)
    t.ok(await connect(), `the client's secret goes where it went before: ${name}`)
    t.equal(await simulator.calls('GET /noticeboard/.well-known/openid-configuration') - requests, 1, 'the metadata was read again')
    await quirk(name, false)
  }
})

t.test('looks for an unknown key at most once a minute', async (t) => {
  const { connect, simulator } = await openService(t)
  t.ok(await connect())
  await simulator.control('noticeboard/rotate-keys', {})
  await fails(t, connect(), 'rejected', /fails a check/)
  // openid-client reads this clock for the age of the keys.
  const { now } = Date
  t.teardown(() => { Date.now = now })
  Date.now = () => now() + 61_000
  t.ok(await connect())
})

t.test('takes a token without expires_in as one of unknown age, and reports permissions that were not granted', async (t) => {
  const { connect, quirk } = await openService(t)
  await quirk('omitsExpiresIn')
  t.equal((await connect()).expiresAt, undefined)
  await quirk('grantsLess')
  t.same((await connect()).missingPermissions, ['profile', 'notices', 'offline_access'])
})

t.test('authenticates the client as the document says', async (t) => {
  const { connect, quirk, simulator } = await openService(t)
  await quirk('acceptsOnlyBasic')
  t.ok(await connect(), 'in the header by default, with characters that must be encoded')
  const post = await openService(t, { tokenAuthMethod: 'client_secret_post' }, simulator)
  await fails(t, post.connect(), 'misconfigured', /does not accept the client \(invalid_client\)/)
  await quirk('acceptsOnlyBasic', false)
  t.ok(await post.connect())
  const wrong = await openService(t, { clientSecret: 'wrong' }, simulator)
  await fails(t, wrong.connect(), 'misconfigured', /invalid_client/)
})

t.test('works without discovery and OpenID Connect', async (t) => {
  const base = ['$', '{NOTICEBOARD_URL}'].join('')
  const { connect, quirk } = await openService(t, {
    issuer: undefined, authorizationEndpoint: `${base}/authorize`, tokenEndpoint: `${base}/token`, userinfoEndpoint: `${base}/userinfo`, scope: 'notices', pkce: 'off'
  })
  await quirk('sendsWrongIss')
  const { account, credentials } = await connect('bea')
  t.same(account, { id: 'noticeboard|bea', name: 'bea' })
  t.equal(Object.hasOwn(credentials, 'subject'), false)
})

t.test('finds the account where the document says', async (t) => {
  const { simulator, connect } = await openService(t, { identity: { from: 'idToken' } })
  t.same((await connect()).account, { id: 'noticeboard|ann', name: 'noticeboard|ann' })
  const fromToken = await openService(t, { identity: { from: 'tokenResponse', id: '/scope', name: '/token_type' } }, simulator)
  t.match((await fromToken.connect()).account, { id: 'openid profile notices offline_access', name: 'bearer' })
  const nowhere = await openService(t, { identity: { from: 'userinfo', id: '/nothing' } }, simulator)
  await fails(t, nowhere.connect(), 'malformed', /the account has no \/nothing/)
  const none = await openService(t, { identity: { from: 'none' } }, simulator)
  const [one, other] = [await none.connect(), await none.connect()]
  t.match(one.account, { id: /^[\w-]{22}$/, name: 'Noticeboard account' })
  t.not(one.account.id, other.account.id)
  t.same(await none.provider.identify(one.credentials, none.context), one.account)
})
