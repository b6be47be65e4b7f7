import t from 'tap'
import type { Test } from 'tap'
import { openTestApi } from '../open-api.ts'
import { openRaw } from '../send-raw.ts'
import type { RawResponse } from '../send-raw.ts'

const api = await openTestApi(t, { offer: ['pushbullet', 'blotre', 'facebook'] })
const token = await api.makeKey()

function expectProblem (t: Test, { status, headers, body }: RawResponse, wanted: number, code: string, what: string): void {
  t.match({ status, headers }, {
    status: wanted,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }
  }, what)
  if (body === '') return
  t.match(JSON.parse(body), { type: `${api.url}/problems#${code}`, title: String, status: wanted, detail: String, code, requestId: headers['x-request-id'] }, what)
}

const get = (path: string, ...headers: string[]) => [`GET ${path} HTTP/1.1`, ...headers, '', ''].join('\r\n')

t.test('responds to invalid HTTP with a problem, and closes the connection', async (t) => {
  const cases: Array<[text: string, status: number, code: string]> = [
    ['nonsense\r\n\r\n', 400, 'badRequest'],
    [get('/v1/connections', 'host: api', 'bad header: x'), 400, 'badRequest'],
    [get('/healthz', 'host: api', 'content-length: 1', 'content-length: 2'), 400, 'badRequest'],
    [get('/healthz', 'host: api', 'content-length: -1'), 400, 'badRequest'],
    [get('/healthz', 'host: api', 'transfer-encoding: gzip'), 400, 'badRequest'],
    ['POST /v1/user-tokens HTTP/1.1\r\nhost: api\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', 400, 'badRequest'],
    [get('/healthz', 'host: api', `x: ${'x'.repeat(20_000)}`), 431, 'headersTooLarge'],
    [get(`/${'x'.repeat(200_000)}`, 'host: api'), 431, 'headersTooLarge']
  ]
  for (const [text, status, code] of cases) {
    const connection = await openRaw(t, api.url, text)
    const response = await connection.response()
    // An incomplete body may be refused earlier for its missing token.
    if (response.status === 401) continue
    expectProblem(t, response, status, code, text.slice(0, 60))
    t.equal(response.headers['connection'], 'close')
    const { requestId } = JSON.parse(response.body)
    t.ok(api.logLines.some((line) => line.includes(requestId)), 'the log contains its id')
  }
})

t.test('responds with a problem to valid HTTP requests that no route can handle', async (t) => {
  const host = 'host: api'
  const cases: Array<[text: string, status: number, code: string, allow?: string]> = [
    [get('/healthz'), 400, 'badRequest'],
    [get('/healthz', host, 'expect: more'), 417, 'expectationFailed'],
    [get('/v1/%zz', host), 400, 'badRequest'],
    [get(`/v1/connections/${'x'.repeat(511)}`, host, `authorization: Bearer ${token}`), 414, 'pathTooLong'],
    [get('/nowhere', host), 404, 'notFound'],
    [get('/v1/nowhere', host), 404, 'notFound'],
    [get('/v1/nowhere', host).replace('GET', 'HEAD'), 404, 'notFound'],
    [get('/v1/user-tokens', host), 405, 'methodNotAllowed', 'POST'],
    [get('/v1/user%2Dtokens', host), 405, 'methodNotAllowed', 'POST'],
    [get('/v1/user-tokens', host).replace('GET', 'HEAD'), 405, 'methodNotAllowed', 'POST'],
    [get('/v1/user-tokens', host).replace('GET', 'PROPFIND'), 405, 'methodNotAllowed', 'POST'],
    [get('/v1/connections', host).replace('GET', 'OPTIONS'), 405, 'methodNotAllowed', 'GET, HEAD'],
    [get('/v1/connections', host, 'origin: https://site.example').replace('GET', 'OPTIONS'), 405, 'methodNotAllowed', 'GET, HEAD'],
    [get('/v1/nowhere', host).replace('GET', 'OPTIONS'), 404, 'notFound'],
    [get('/healthz', host).replace('GET', 'OPTIONS'), 405, 'methodNotAllowed', 'GET, HEAD'],
    [get('/healthz', host).replace('GET', 'DELETE'), 405, 'methodNotAllowed', 'GET, HEAD'],
    [get('/docs/', host).replace('GET', 'POST'), 405, 'methodNotAllowed', 'GET, HEAD'],
    [get('/openapi.json', host).replace('GET', 'PUT'), 405, 'methodNotAllowed', 'GET, HEAD'],
    [get('/connect/blotre/redeem', host).replace('GET', 'PUT'), 405, 'methodNotAllowed', 'POST'],
    [get('/connect', host).replace('GET', 'DELETE'), 405, 'methodNotAllowed', 'GET, HEAD']
  ]
  for (const [text, status, code, allow] of cases) {
    const isHead = text.startsWith('HEAD')
    const connection = await openRaw(t, api.url, text)
    if (isHead) {
      // The response has a Content-Length, and no body.
      connection.socket.end()
      await new Promise((resolve) => connection.socket.once('close', resolve))
      t.match(connection.text(), new RegExp(`^HTTP/1.1 ${status} [^]*content-type: application/problem\\+json[^]*\\r\\n\\r\\n$`, 'i'), text)
      if (allow !== undefined) t.match(connection.text(), `allow: ${allow}\r\n`, text)
      continue
    }
    const response = await connection.response()
    expectProblem(t, response, status, code, text.slice(0, 60))
    t.equal(response.headers['allow'], allow, text.slice(0, 60))
  }
})

t.test('fails for no value of a header', async (t) => {
  const values = ['a b', '', 'x:y:z', '[::1', '%zz', ';,="\\', '\xe9', 'http://[', '*/*;q=a', 'bytes=9-1,a', 'Bearer \xff', '1e400']
  const names = [
    'accept', 'accept-encoding', 'accept-language', 'access-control-request-headers', 'authorization', 'content-type', 'cookie', 'forwarded', 'host', 'if-match',
    'if-modified-since', 'if-none-match', 'if-range', 'last-event-id', 'origin', 'range', 'referer', 'sec-fetch-site', 'te', 'upgrade', 'user-agent', 'x-forwarded-for',
    'x-forwarded-host', 'x-forwarded-proto', 'x-http-method-override'
  ]
  const paths = ['/docs', '/docs/', '/healthz', '/connect', '/connect/pushbullet/start?handshake=x', '/v1/connections', '/v1/nowhere', '/nowhere']
  for (const path of paths) {
    const failed: string[] = []
    await Promise.all(names.map(async (name) => {
      let connection = await openRaw(t, api.url)
      for (const value of values) {
        const others = ['host: api', `authorization: Bearer ${token}`].filter((other) => !other.startsWith(name))
        connection.socket.write(Buffer.from(get(path, ...others, `${name}: ${value}`), 'latin1'))
        const { status, headers } = await connection.response()
        if (status >= 500) failed.push(`${name}: ${value} is ${status}`)
        if (headers['connection'] === 'close') connection = await openRaw(t, api.url)
      }
    }))
    t.same(failed, [], path)
  }
})

t.test('accepts every valid host', async (t) => {
  for (const host of ['api', 'api:4000', '127.0.0.1:1', '[::1]:4000', 'a-b.example', 'xn--bcher-kva.example']) {
    t.equal((await (await openRaw(t, api.url, get('/healthz', `host: ${host}`))).response()).status, 200, host)
  }
  for (const host of ['a b', 'a/b', 'a@b', 'a?b', '[::1', 'a:b', 'a#']) {
    t.equal((await (await openRaw(t, api.url, get('/docs', `host: ${host}`))).response()).status, 400, host)
  }
})

t.test('sends headers against caching and sniffing with every response under /v1', async (t) => {
  const paths = ['/v1/connections', '/v1/connections/x', '/v1/nowhere', '/v1', '/v1/%zz', '/v1/notifications/x/events', '/v1/connections/x/proxy/y']
  for (const path of paths) {
    for (const asked of [{ token }, {}, { headers: { origin: 'https://site.example' } }]) {
      const { headers } = await api.ask('GET', path, asked)
      t.match(headers, { 'cache-control': /no-store/, 'x-content-type-options': 'nosniff' }, path)
    }
  }
})
