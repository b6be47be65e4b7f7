import { inspect } from 'node:util'
import t from 'tap'
import { createBlotreApi } from '../../src/blotre/api.ts'
import { getStream, getStreams, getTokenInfo, revokeToken, setStatus } from '../../src/blotre/requests.ts'
import { RestError } from '../../src/blotre/rest-error.ts'
import { TokenEndpointError } from '../../src/blotre/token-endpoint-error.ts'
import { ProviderError } from '@carillon/http'
import { client, web } from '../../../http/test/local-server.ts'

const shared = { id: 'carillon', secret: 'hush-secret', kind: 'shared' } as const

t.test('throws a refusal of the API as a RestError', async (t) => {
  const { api, call } = await serve(t, 422, { type: 'Error', error: 'Too many tags.', details: { 'obj[6]': ['x'] } })
  const error = await thrown(api.request(getStream('1'), undefined, call))
  if (!(error instanceof RestError)) throw new Error('expected a RestError', { cause: error })
  t.match(error, { status: 422, error: 'Too many tags.', details: { 'obj[6]': ['x'] }, failure: { kind: 'rejected' } })
  t.match(error.message, /^127\.0\.0\.1:\d+: Too many tags \(HTTP 422\)$/)
})

t.test('throws a refusal of the token endpoint as a TokenEndpointError', async (t) => {
  const { api, call } = await serve(t, 400, { error: 'invalid_grant', error_description: 'because' })
  const error = await thrown(api.obtainToken(shared, { grant_type: 'refresh_token', refresh_token: 'r' }, call))
  if (!(error instanceof TokenEndpointError)) throw new Error('expected a TokenEndpointError', { cause: error })
  t.match(error, { status: 400, error: 'invalid_grant', errorDescription: 'because', failure: { kind: 'unauthorized' } })
})

t.test("throws a ProviderError for a response that is not from Blot're", async (t) => {
  for (const [status, body, kind] of [[200, '<html>', 'transient'], [302, '', 'transient'], [400, '<html>', 'transient'], [503, '', 'transient'], [200, 'OK', 'malformed']] as const) {
    const { api, call } = await serve(t, status, body)
    const error = await thrown(api.obtainToken(shared, { grant_type: 'refresh_token', refresh_token: 'r' }, call))
    t.ok(error instanceof ProviderError && !(error instanceof TokenEndpointError) && error.failure.kind === kind, `${status} ${String(error)}`)
  }
  const api = createBlotreApi('http://127.0.0.1:1')
  const call = { http: client(t, api.url), signal: new AbortController().signal, now: Date.now }
  t.match(await thrown(api.request(getStream('1'), undefined, call)), { failure: { kind: 'transient' }, status: undefined })
})

t.test('reveals no secret when the server repeats the request', async (t) => {
  const secrets = ['hush-secret', 'hush-refresh', 'hush-code', 'hush-access', 'hush-query']
  const echo = { type: 'Error', error: secrets.join(' '), error_description: secrets.join(' '), details: { [secrets.join()]: [secrets.join()] } }
  const { api, call } = await serve(t, 400, echo)
  for (const [attempt, sent] of [
    [api.obtainToken(shared, { grant_type: 'refresh_token', refresh_token: 'hush-refresh' }, call), ['hush-secret', 'hush-refresh']],
    [api.obtainToken(shared, { grant_type: 'authorization_code', code: 'hush-code', redirect_uri: 'u' }, call), ['hush-secret', 'hush-code']],
    [api.request(setStatus('1', '#000000'), 'hush-access', call), ['hush-access']],
    [api.request(getTokenInfo('hush-query'), undefined, call), ['hush-query']],
    [api.request(revokeToken('hush-query'), undefined, call), ['hush-query']]
  ] as const) {
    const error = await thrown(attempt)
    t.ok(error instanceof RestError || error instanceof TokenEndpointError)
    const all = `${String(error)} ${JSON.stringify(error)} ${inspect(error, { depth: 9, showHidden: true })}`
    for (const secret of sent) t.notMatch(all, secret)
  }
})

t.test("sends the token endpoint a form with the client's credentials, and nothing in the URL", async (t) => {
  const { api, call, seen } = await serve(t, 200, { access_token: 'a' })
  await api.obtainToken(shared, { grant_type: 'authorization_code', code: 'c', redirect_uri: 'http://x/?a=b' }, call)
  const [{ method, url, type, authorization, body } = {}] = seen
  t.match({ method, url, type }, { method: 'POST', url: '/v0/oauth2/access_token', type: 'application/x-www-form-urlencoded' })
  t.equal(authorization, undefined)
  t.same(Object.fromEntries(new URLSearchParams(body)), {
    grant_type: 'authorization_code', code: 'c', redirect_uri: 'http://x/?a=b', client_id: 'carillon', client_secret: 'hush-secret'
  })
})

t.test('encodes values in a URL', async (t) => {
  const { api, call, seen } = await serve(t, 200, [])
  await api.request(getStreams('#a b&c'), undefined, call)
  await thrown(api.request(getStream('../x?y#z'), undefined, call))
  t.same(seen.map(({ url }) => url), ['/v0/api/stream?query=%23a%20b%26c', '/v0/api/stream/..%2Fx%3Fy%23z'])
  for (const id of ['', '.', '..']) t.throws(() => getStream(id), TypeError)
})

interface Seen {
  method: string | undefined
  url: string | undefined
  type: string | undefined
  authorization: string | undefined
  body: string
}

async function serve (t: Parameters<typeof web>[0], status: number, body: unknown) {
  const seen: Seen[] = []
  const url = await web(t, async (request, response) => {
    const { 'content-type': type, authorization } = request.headers
    const sent = Buffer.concat(await request.toArray()).toString()
    seen.push({ method: request.method, url: request.url, type, authorization, body: sent })
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  const call = { http: client(t, url), signal: new AbortController().signal, now: Date.now }
  return { api: createBlotreApi(`${url}/`), call, seen }
}

async function thrown (attempt: Promise<unknown>): Promise<unknown> {
  return await attempt.then(() => undefined, (error: unknown) => error)
}
