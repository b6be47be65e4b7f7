import { createHttp, ProviderError } from '@carillon/http'
import t from 'tap'
import type { Test } from 'tap'
import { parseTokens, refreshTokens, revokeTokens, toRefreshed } from '../../../src/providers/index.ts'
import { web } from '../../../../http/test/local-server.ts'

type Response = [status: number, body: string, kind: string | null]

/** A token endpoint that returns the same response to each request, and the requests that it received. */
async function openEndpoint (t: Test, status: number, body: string) {
  const requests: URLSearchParams[] = []
  const url = await web(t, async (request, response) => {
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += String(chunk)
    requests.push(new URLSearchParams(text))
    response.writeHead(status, { 'content-type': body.startsWith('<') ? 'text/html' : 'application/json' }).end(body)
  })
  const http = createHttp({ trustedOrigins: [url], allowPrivateHosts: [] })
  t.teardown(() => http.close())
  const client = { clientId: 'carillon', clientSecret: 'hush', tokenUrl: url, tokenRequest: { credentials: 'body', format: 'form' } as const }
  return { url, client, requests, context: { http, signal: new AbortController().signal, now: () => 1_000 } }
}

/** Null for a success. */
async function kindOf (attempt: Promise<unknown>): Promise<string | null> {
  const error: unknown = await attempt.then(() => null, (error: unknown) => error)
  if (error !== null && !(error instanceof ProviderError)) throw error
  return error === null ? null : error.failure.kind
}

t.test('reads tokens, and nothing else', async (t) => {
  t.same(parseTokens({ accessToken: 'a', refreshToken: 'r', more: 1 }, 'host'), { accessToken: 'a', refreshToken: 'r' })
  t.same(parseTokens({ accessToken: 'a', refreshToken: null }, 'host'), { accessToken: 'a' })
  for (const value of [null, 'a', {}, { accessToken: '' }, { accessToken: 'a', refreshToken: 7 }, { accessToken: 'a', refreshToken: 'b\r\n' }]) {
    t.throws(() => parseTokens(value, 'host'), { name: 'ProviderError', message: /lack a usable/ })
  }
})

t.test('keeps the old refresh token when the response has none, and reads the expiry', async (t) => {
  t.same(toRefreshed({ access_token: 'a', expires_in: 60 }, { refreshToken: 'old' }, 1_000, 'host'),
    { credentials: { accessToken: 'a', refreshToken: 'old' }, expiresAt: new Date(61_000) })
  t.same(toRefreshed({ access_token: 'a', refresh_token: 'new' }, { refreshToken: 'old' }, 0, 'host'),
    { credentials: { accessToken: 'a', refreshToken: 'new' } })
  t.throws(() => toRefreshed({ refresh_token: 'new' }, {}, 0, 'host'), { name: 'ProviderError', message: /lack a usable/ })
})

t.test('classifies what a token endpoint returns for a refresh', async (t) => {
  const responses: Response[] = [
    [200, '{"access_token":"a","expires_in":60}', null],
    [400, '{"error":"invalid_grant"}', 'unauthorized'],
    [200, '{"error":"invalid_grant"}', 'unauthorized'],
    [401, '{"error":"invalid_client"}', 'misconfigured'],
    [400, '{"error":"unauthorized_client"}', 'misconfigured'],
    [400, '{"error":"invalid_scope"}', 'rejected'],
    [403, '{"error":"Forbidden"}', 'transient'],
    [200, '<html></html>', 'transient'],
    [200, '{}', 'malformed'],
    [503, '{"error":"temporarily_unavailable"}', 'transient']
  ]
  for (const [status, body, kind] of responses) {
    const { client, context, requests } = await openEndpoint(t, status, body)
    t.equal(await kindOf(refreshTokens(client, { accessToken: 'a', refreshToken: 'r' }, context)), kind, `${status} ${body}`)
    t.match(requests.map(String), ['grant_type=refresh_token&refresh_token=r&client_id=carillon&client_secret=hush'])
  }
  const { client, context, requests } = await openEndpoint(t, 200, '{"access_token":"a"}')
  t.equal(await kindOf(refreshTokens(client, { accessToken: 'a' }, context)), 'unauthorized', 'without a refresh token')
  t.same(requests, [], 'no request is sent')
})

t.test('blames no operator for a client that the server registered and forgot', async (t) => {
  const { url, client, context } = await openEndpoint(t, 401, '{"error":"invalid_client"}')
  const registered = { ...client, isRegistered: true }
  t.equal(await kindOf(refreshTokens(registered, { accessToken: 'a', refreshToken: 'r' }, context)), 'unauthorized')
  t.equal(await kindOf(revokeTokens(registered, url, { accessToken: 'a' }, context)), 'rejected')
})

t.test('revokes the refresh token, or else the access token', async (t) => {
  const responses: Response[] = [
    [200, '', null], [200, '{}', null], [200, '<html></html>', 'transient'], [400, '{"error":"unsupported_token_type"}', 'rejected'],
    [401, '{"error":"invalid_client"}', 'misconfigured'],
    [302, '', 'transient'], [500, '', 'transient']
  ]
  for (const [status, body, kind] of responses) {
    const { url, client, context } = await openEndpoint(t, status, body)
    t.equal(await kindOf(revokeTokens(client, url, { accessToken: 'a', refreshToken: 'r' }, context)), kind, `${status} ${body}`)
  }
  const { url, client, context, requests } = await openEndpoint(t, 200, '')
  await revokeTokens(client, url, { accessToken: 'a', refreshToken: 'r' }, context)
  await revokeTokens(client, url, { accessToken: 'a' }, context)
  t.same(requests.map((request) => [request.get('token'), request.get('token_type_hint')]),
    [['r', 'refresh_token'], ['a', 'access_token']])
})
