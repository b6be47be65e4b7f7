import { createHmac } from 'node:crypto'
import t from 'tap'
import type { Test } from 'tap'
import { createFacebook } from '../../../src/providers/facebook/facebook.ts'
import type { FacebookConfig } from '../../../src/providers/facebook/facebook.ts'
import { createHttp, ProviderError } from '@carillon/http'
import { createMemoryRegistrations } from '@carillon/clients'
import type { RequestContext } from '../../../src/providers/request-context.ts'
import { app, pretendGraph } from './fake-graph.ts'

const graph = await pretendGraph(t)
const facebook = facebookWith({})

t.test('provides the settings that an OAuth 2 framework needs', async (t) => {
  t.match(facebook.handshakes.code, {
    clientId: app.clientId,
    authorizeUrl: 'https://www.facebook.com/v26.0/dialog/oauth',
    tokenUrl: `${graph.url}/v26.0/oauth/access_token`,
    tokenRequest: { credentials: 'body', format: 'form' },
    scope: ['public_profile', 'ads_read'],
    scopeSeparator: ',',
    correlation: 'state',
    consentPromptParameters: { auth_type: 'rerequest' }
  })
  t.same([facebook.revokes, facebook.send], ['account', undefined])
  t.same(facebook.origins, [graph.url], 'only the API needs an exception in the guard, because browsers open the other URL')
  t.match(facebookWith({ version: 'v25.0', wwwUrl: 'http://127.0.0.1:1/www/' }).handshakes.code,
    { authorizeUrl: 'http://127.0.0.1:1/www/v25.0/dialog/oauth', tokenUrl: `${graph.url}/v25.0/oauth/access_token` })
})

t.test('refuses an invalid URL or version', async (t) => {
  for (const wrong of [{ graphUrl: 'graph.facebook.com' }, { wwwUrl: 'ftp://facebook.com' }, { version: '26' }, { version: 'v26.0/..' }]) {
    t.throws(() => facebookWith(wrong), TypeError, JSON.stringify(wrong))
  }
})

t.test("exchanges the code's token immediately, and returns the account and the declined permissions", async (t) => {
  graph.decline('7', 'ads_read')
  const grant = await facebook.handshakes.code?.accept({ access_token: graph.shortToken('7'), token_type: 'bearer', expires_in: 7200 }, call(t, 1_000))
  t.same(grant, {
    credentials: { accessToken: graph.tokensOf('7').at(-1) },
    account: { id: '7', name: 'User 7' },
    expiresAt: new Date(1_000 + 5_183_944_000),
    missingPermissions: ['ads_read']
  })
  graph.decline('7')
  t.same((await facebook.handshakes.code?.accept({ access_token: graph.shortToken('7') }, call(t)))?.missingPermissions, [])
})

t.test('refuses a token response without a token', async (t) => {
  for (const token of [{}, { access_token: '' }, { access_token: 7 }, { access_token: 'a b' }]) {
    await refused(t, facebook.handshakes.code?.accept(token, call(t)), { kind: 'malformed', status: undefined })
  }
  for (const [code, kind] of [[100, 'rejected'], [1, 'misconfigured'], [4, 'rateLimited']] as const) {
    const body = Buffer.from(JSON.stringify({ error: { type: 'OAuthException', code } }))
    t.match(facebook.handshakes.code?.classifyRefusal?.({ status: 200, headers: {}, body }, 0), { kind }, 'an error may have status 200')
  }
})

t.test('sends token and secret where they are not logged, and a proof with every request', async (t) => {
  const before = graph.requests.length
  await facebook.handshakes.code?.accept({ access_token: graph.shortToken('8') }, call(t))
  const seen = graph.requests.slice(before)
  t.equal(seen.length, 4)
  t.match(seen[0], /^POST \/v26.0\/oauth\/access_token \{/, 'the body of the exchange contains the secrets')
  for (const request of seen.slice(1)) {
    const [, , url = ''] = /^(\w+) (\S+)/.exec(request) ?? []
    t.match(url, /appsecret_proof=[0-9a-f]{64}$/)
    t.notMatch(url, /access_token=|sandbox-secret/)
  }
})

t.test('explains why a token no longer works', async (t) => {
  const account = await graph.account()
  const credentials = facebook.parseCredentials(account.credentials)
  await graph.expire(account)
  await refused(t, facebook.identify(credentials, call(t)), { kind: 'unauthorized', reason: 'access token is expired (#190/463)' })
  await graph.revoke(account)
  await refused(t, facebook.identify(credentials, call(t)), { kind: 'unauthorized', reason: 'the user has removed the app (#190/458)' })
})

t.test('refuses a token of another app, and contradictory responses', async (t) => {
  const { credentials } = await graph.account()
  const facts = { app_id: 'other', user_id: '1', is_valid: true }
  await graph.fault(t, { match: 'debug_token', status: 200, body: { data: facts }, times: 1 })
  await refused(t, facebook.identify(facebook.parseCredentials(credentials), call(t)), { kind: 'unauthorized', reason: 'access token is another app\'s' })
  await graph.fault(t, { match: 'debug_token', status: 200, body: { data: { ...facts, app_id: app.clientId } }, times: 1 })
  await refused(t, facebook.identify(facebook.parseCredentials(credentials), call(t)), { kind: 'malformed', reason: 'responses name two users' })
})

t.test('keeps connections active when our secret is wrong', async (t) => {
  const wrong = facebookWith({ clientSecret: 'not-the-secret' })
  const { credentials } = await graph.account()
  const token = wrong.parseCredentials(credentials)
  await refused(t, wrong.refresh?.(token, call(t)), { kind: 'misconfigured', reason: 'Facebook does not accept our app; check FACEBOOK_CLIENT_ID and FACEBOOK_CLIENT_SECRET (#1)' })
  await refused(t, wrong.identify(token, call(t)), { kind: 'misconfigured', reason: 'the proof of our app is not accepted; check FACEBOOK_CLIENT_SECRET (#100)' })
})

t.test('revokes all grants of the user', async (t) => {
  const account = await graph.account()
  const credentials = facebook.parseCredentials(account.credentials)
  const other = facebook.parseCredentials({ accessToken: graph.shortToken(account.name) })
  await facebook.revoke?.(credentials, call(t))
  await refused(t, facebook.identify(other, call(t)), { kind: 'unauthorized' })
})

t.test('reports the usage of the limits with each response', async (t) => {
  const { credentials } = await graph.account()
  const told: number[] = []
  const listening = { ...call(t, 1_000), onUsage: (percent: number) => told.push(percent) }
  const body = await facebook.identify(facebook.parseCredentials(credentials), listening)
  t.same(told, [], 'if the response states it')
  for (const headers of [
    { 'x-app-usage': '{"call_count":7,"total_time":9}' }, { 'x-app-usage': '{"call_count":0}' },
    { 'x-app-usage': 'nonsense', 'x-fb-ads-insights-throttle': '{"app_id_util_pct":3.5}' }
  ]) {
    await graph.fault(t, { match: 'GET /me', status: 200, headers, body, times: 1 })
    await facebook.identify(facebook.parseCredentials(credentials), listening)
  }
  t.same(told, [9, 0, 3.5])
})

t.test('reports limits that are nearly reached', async (t) => {
  const { credentials } = await graph.account()
  const rests: object[] = []
  const listening = { ...call(t, 1_000), onNearLimit: (rest: object) => rests.push(rest) }
  await facebook.identify(facebook.parseCredentials(credentials), listening)
  t.same(rests, [])
  const body = await facebook.identify(facebook.parseCredentials(credentials), listening)
  await graph.fault(t, { match: 'GET /me', status: 200, headers: { 'x-app-usage': '{"call_count":95}' }, body, times: 1 })
  await facebook.identify(facebook.parseCredentials(credentials), listening)
  t.same(rests, [{ scope: 'host', retryAt: 301_000 }])
})

t.test('authorizes a forwarded request, whatever token the caller adds', async (t) => {
  const { credentials } = await graph.account()
  const token = facebook.parseCredentials(credentials)
  const authorize = async (path: string, form?: string) =>
    await facebook.authorize?.({ method: 'GET', path, ...form === undefined ? {} : { form } }, token, call(t))
  const proof = createHmac('sha256', app.clientSecret).update(token.accessToken).digest('hex')
  t.same(await authorize('/v26.0/me?access_token=mine&fields=id&appsecret_proof=mine'), {
    url: `${graph.url}/v26.0/me?appsecret_proof=${proof}&fields=id`,
    headers: { authorization: `Bearer ${token.accessToken}` },
    conceal: [token.accessToken, proof]
  })
  t.match(await authorize('/me'), { url: `${graph.url}/me?appsecret_proof=${proof}` })
  await refused(t, authorize('/me/feed', 'message=x&access_token=mine'), { kind: 'rejected' })
})

t.test('detects from the response to a forwarded request whether the token is dead', async (t) => {
  const classify = (status: number, body: string) =>
    facebook.classifyCredentials?.({ status, headers: {}, body: Buffer.from(body) })
  t.equal(classify(400, '{"error":{"code":190,"error_subcode":460}}'), 'unauthorized')
  t.equal(classify(400, '{"error":{"type":"OAuthException","code":102}}'), 'unauthorized')
  t.equal(classify(401, '{"error":{"code":190,"message":"Unauthorized"}}'), null, 'a gateway may send JSON too')
  for (const body of ['{"error":{"type":"x","code":100}}', '{"error":{"type":"x","code":200}}', '{"error":{"type":"x","code":4}}', '<html>', '', '{}']) t.equal(classify(400, body), null, body)
  t.equal(classify(401, '<html>'), null, 'the response is not from Facebook')
})

t.test("accepts only notices that the app's secret has signed", async (t) => {
  const read = async (signed: string, callback = 'deauthorize') => await facebook.inbound?.read({
    headers: {}, query: new URLSearchParams(), body: Buffer.from(`signed_request=${encodeURIComponent(signed)}`), callback
  }, 0)
  const payload = encode({ algorithm: 'HMAC-SHA256', user_id: '42', issued_at: 1_790_000_000, expires: 0 })
  const event = { accountId: '42', issuedAt: new Date(1_790_000_000_000) }
  const removed = await read(`${sign(payload)}.${payload}`)
  t.match([removed?.id, removed?.events], [payload, [{ kind: 'accountRemoved', ...event }]])
  const confirmation = { code: 'code', url: 'https://carillon.example/code' }
  t.same(removed?.respond?.(confirmation), { body: { success: true } })
  const deletion = await read(`${sign(payload)}.${payload}`, 'delete')
  t.same(deletion?.events, [{ kind: 'deletionRequested', ...event }])
  t.same(deletion?.respond?.(confirmation), { body: { url: confirmation.url, confirmation_code: 'code' } })
  await t.rejects(read(`${sign(payload)}.${payload}`, 'other'), { message: /for no callback/ })
  const forged = [
    '', '.', payload, `.${payload}`, `${sign(payload)}.`, `${sign(payload, 'other')}.${payload}`, `${sign(payload).slice(0, -2)}.${payload}`,
    `${sign(payload)}.${encode({ algorithm: 'HMAC-SHA256', user_id: '43', issued_at: 1_790_000_000 })}`, `${sign(payload)}.${payload}.${payload}`,
    ...[
      { algorithm: 'none', user_id: '42', issued_at: 1 }, { user_id: '42', issued_at: 1 }, { algorithm: 'HMAC-SHA256', issued_at: 1 },
      { algorithm: 'HMAC-SHA256', user_id: '42' }, { algorithm: 'HMAC-SHA256', user_id: '42', issued_at: 1e30 },
      { algorithm: 'HMAC-SHA256', user_id: '42', issued_at: 8e12 }, { algorithm: 'HMAC-SHA256', user_id: '42', issued_at: -8e12 },
      { algorithm: 'HMAC-SHA256', user_id: '4\0', issued_at: 1 }, { algorithm: 'HMAC-SHA256', user_id: '', issued_at: 1 },
      { algorithm: 'HMAC-SHA256', user_id: 42, issued_at: 1 }, null, []
    ].map((each) => `${sign(encode(each))}.${encode(each)}`)
  ]
  for (const signed of forged) await t.rejects(read(signed), { name: 'ProviderError', message: /: signed_request / })
})

function encode (value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function sign (payload: string, secret = app.clientSecret): string {
  return createHmac('sha256', secret).update(payload).digest('base64url')
}

function facebookWith (changed: Partial<FacebookConfig>) {
  return createFacebook({
    ...app, wwwUrl: 'https://www.facebook.com', graphUrl: graph.url, version: 'v26.0', scope: ['public_profile', 'ads_read'], ...changed
  })
}

function call (t: Test, now?: number): RequestContext {
  const http = createHttp({ trustedOrigins: facebook.origins, allowPrivateHosts: [] })
  t.teardown(() => http.close())
  return { http, signal: new AbortController().signal, now: () => now ?? Date.now(), registrations: createMemoryRegistrations() }
}

async function refused (
  t: Test, promise: Promise<unknown> | undefined, expected: { kind: string, reason?: string, status?: undefined }
): Promise<void> {
  const error = await promise?.then(() => undefined, (error: unknown) => error)
  if (!(error instanceof ProviderError)) throw new Error('expected a ProviderError', { cause: error })
  const { kind, reason } = expected
  t.match(error.failure, { kind, ...reason === undefined ? {} : { reason } })
  if ('status' in expected) t.equal(error.status, expected.status)
}
