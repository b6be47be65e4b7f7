import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { ProviderError } from '@carillon/shared/providers'
import { until } from '@carillon/testing'
import t from 'tap'
import { request } from 'undici'
import { at } from '../open-api.ts'
import { openRaw } from '../send-raw.ts'
import { openProxied } from './open-proxied.ts'

const fake = await openProxied(t)

t.test('forwards method, path, query, body and safe headers, and adds the token', async (t) => {
  const id = await fake.open()
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    fake.seen.length = 0
    const body = method === 'GET' ? null : `{"of":"${method}"}`
    const answer = await fake.ask(id, "/v2/a%2Fb/c:d?x=1&y=%20z&y=it's", { method, body, headers: { 'content-type': 'application/vnd.odd+json', 'if-match': '"e"', 'x-custom': 'kept' } })
    t.equal(answer.status, 200, method)
    t.equal(answer.text, 'hello')
    t.match(fake.seen, [{
      method,
      url: '/v2/a%2Fb/c:d?x=1&y=%20z&y=it%27s',
      body: body ?? '',
      headers: { authorization: 'Bearer first', 'if-match': '"e"', 'x-custom': 'kept', 'content-type': 'application/vnd.odd+json' }
    }])
  }
  fake.seen.length = 0
  t.match(await fake.ask(id, '/v2/me', { method: 'HEAD' }), { status: 200, text: '' })
  t.match(fake.seen, [{ method: 'HEAD', url: '/v2/me' }])
})

t.test('drops hop-by-hop headers, credentials and headers that reveal the caller', async (t) => {
  const id = await fake.open()
  fake.seen.length = 0
  fake.state.answer = (_seen, response) => {
    response.writeHead(201, {
      'set-cookie': 'a=b',
      'access-token': 'x',
      'proxy-authenticate': 'x',
      'strict-transport-security': 'x',
      'access-control-allow-origin': '*',
      etag: '"e"',
      'content-type': 'text/html',
      connection: 'close, x-hop',
      'x-hop': 'gone',
      link: '<https://x.example/>'
    }).end('<script>')
  }
  const headers = {
    cookie: 'a=b',
    'access-token': 'mine',
    'x-api-key': 'k',
    'proxy-authorization': 'p',
    forwarded: 'for=1.2.3.4',
    'x-forwarded-for': '1.2.3.4',
    'x-real-ip': '1.2.3.4',
    via: 'x',
    te: 'trailers',
    origin: 'https://o.example',
    referer: 'https://r.example',
    'accept-encoding': 'gzip',
    accept: 'text/*'
  }
  const answer = await fake.ask(id, '/x', { headers })
  t.same(Object.keys(fake.seen[0]?.headers ?? {}).sort(), ['accept', 'authorization', 'connection', 'host', 'user-agent'])
  t.match(fake.seen[0]?.headers['user-agent'], /^Carillon\//, 'it is ours, not that of the caller')
  t.equal(fake.seen[0]?.headers.host, new URL(fake.origin).host)
  t.equal(fake.seen[0]?.headers.authorization, 'Bearer first')
  t.equal(answer.status, 201)
  t.match(answer.headers, {
    etag: '"e"', link: '<https://x.example/>', 'content-type': 'text/html', 'content-security-policy': "default-src 'none'; sandbox", 'x-content-type-options': 'nosniff'
  })
  for (const name of ['set-cookie', 'access-token', 'proxy-authenticate', 'strict-transport-security', 'access-control-allow-origin', 'x-hop']) {
    t.notOk(name in answer.headers, name)
  }
  fake.state.answer = (_seen, response) => { response.end('hello') }
})

t.test('returns a redirect and does not follow it', async (t) => {
  const id = await fake.open()
  fake.seen.length = 0
  fake.state.answer = (_seen, response) => { response.writeHead(302, { location: 'https://evil.example/?x' }).end() }
  t.match(await fake.ask(id, '/go'), { status: 302, headers: { location: 'https://evil.example/?x' } })
  t.equal(fake.seen.length, 1)
  fake.state.answer = (_seen, response) => { response.end('hello') }
})

t.test("stays at the provider's origin for every path", async (t) => {
  const id = await fake.open()
  const { port } = new URL(fake.api.url)
  const raw = (path: string) => new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => { text += String(chunk) }).on('end', () => resolve(text)).on('error', reject)
    socket.write(`GET /v1/connections/${id}/proxy${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${fake.key}\r\nConnection: close\r\n\r\n`)
  })
  fake.seen.length = 0
  const tricks = [
    '//evil.example/x', '/\\evil.example', '/../admin', '/a/../../admin', '/%2e%2e/admin', '/a/%2E%2e%2fadmin', '/a%2f..%2fb', '/a/.%2e/b', '/./a',
    '/a\\..\\b', '/a#b', '@evil.example/', ':80@evil.example/', '.evil.example/', '/a\tb', '/"a"', '/é'
  ]
  for (const path of tricks) t.match(await raw(path), /^HTTP\/1\.1 40[04] /, path)
  for (const path of ['http://evil.example/', '/http://evil.example/', '/a%0d%0aX-Evil:%20yes', '/a?x=%0d%0aX-Evil:%20yes', '/@evil.example', '/a?next=//evil.example']) {
    const answer = await raw(path)
    t.ok(/^HTTP\/1\.1 (200|40[04]) /.test(answer), path)
  }
  for (const { headers } of fake.seen) {
    t.equal(headers.host, new URL(fake.origin).host)
    t.notOk('x-evil' in headers)
  }
})

t.test('refreshes an expired token and repeats the request once', async (t) => {
  const id = await fake.open()
  fake.seen.length = 0
  fake.state.refreshes = 0
  fake.state.answer = ({ headers }, response) => {
    if (headers.authorization === 'Bearer first') response.writeHead(401).end('expired')
    else response.end('welcome')
  }
  const body = 'x'.repeat(1024 * 1024)
  const all = await Promise.all(Array.from({ length: 5 }, () => fake.ask(id, '/x', { method: 'POST', body })))
  for (const answer of all) t.match(answer, { status: 200, text: 'welcome' })
  t.equal(fake.state.refreshes, 1, 'one refresh serves all requests')
  t.ok(fake.seen.every((one) => one.body === body), 'every attempt has the same body')
  t.match(await fake.ask(id, '/x'), { text: 'welcome' })
  t.equal(fake.seen.at(-1)?.headers.authorization, 'Bearer second')
})

t.test('waits for a running refresh when the old token no longer works', async (t) => {
  const id = await fake.open()
  const { answer, refresh } = fake.state
  t.teardown(() => Object.assign(fake.state, { answer, refresh }))
  let first = true
  let dead = 0
  fake.state.refresh = async () => {
    await until(() => dead === 3)
    return 'second'
  }
  fake.state.answer = ({ headers }, response) => {
    if (headers.authorization !== 'Bearer first') {
      response.end('welcome')
      return
    }
    response.writeHead(401).end(first ? 'expired' : 'dead')
    if (!first) dead++
    first = false
  }
  const expired = fake.ask(id, '/x')
  await until(() => !first)
  const others = await Promise.all(['/a', '/b', '/c'].map((path) => fake.ask(id, path)))
  for (const answer of [await expired, ...others]) t.match(answer, { status: 200, text: 'welcome' })
  t.match(await fake.show(id), { status: 'active' })
  t.equal(at(await fake.show(id), 'events.1'), undefined, 'the user need not reconnect')
})

t.test('does not repeat a large body, and sends the next request with the new token', async (t) => {
  const id = await fake.open()
  fake.seen.length = 0
  const body = Buffer.alloc(3 * 1024 * 1024, 'y')
  t.match(await fake.ask(id, '/x', { method: 'PUT', body }), { status: 401, text: 'expired' })
  t.equal(fake.seen.length, 1)
  t.match(await fake.ask(id, '/x', { method: 'PUT', body }), { status: 200, text: 'welcome' })
  t.equal(fake.seen.at(-1)?.body.length, body.length)
  t.match(await fake.ask(id, '/x', { method: 'PUT', body: Buffer.alloc(33 * 1024 * 1024) })
    .catch(() => ({ status: 413 })), { status: 413 })
  const endless = Readable.from(Array.from({ length: 40 }, () => Buffer.alloc(1024 * 1024)))
  const answer = await fake.ask(id, '/x', { method: 'POST', body: endless }).catch(() => ({ status: 413 }))
  t.equal(answer.status, 413, 'it refuses a body that is longer than its stated length')
})

t.test("returns the provider's first response when the refresh fails", async (t) => {
  const id = await fake.open()
  fake.state.refresh = async () => { throw new ProviderError({ kind: 'transient', reason: 'away' }, 'fake') }
  t.match(await fake.ask(id, '/x'), { status: 401, text: 'expired' })
  t.match(await fake.show(id), { status: 'active' })
  fake.state.refresh = async () => { throw new ProviderError({ kind: 'unauthorized', reason: 'refresh token is not accepted' }, 'fake') }
  t.match(await fake.ask(id, '/x'), { status: 401, text: 'expired' })
  t.match(await fake.show(id), { status: 'needsReauth', statusReason: 'refresh token is not accepted' })
  t.match(JSON.parse((await fake.ask(id, '/x')).text), { status: 409, code: 'needsReauth' })
  fake.state.refresh = async () => 'second'
})

t.test('requires a reconnect only when the token no longer works', async (t) => {
  const id = await fake.open()
  fake.state.answer = (_seen, response) => { response.writeHead(401).end('not yours') }
  t.match(await fake.ask(id, '/x'), { status: 401, text: 'not yours' })
  t.match(await fake.show(id), { status: 'active' })
  fake.state.answer = (_seen, response) => { response.writeHead(401).end('dead') }
  t.match(await fake.ask(id, '/x'), { status: 401, text: 'dead' })
  t.match(await fake.show(id), { status: 'needsReauth', events: [{ event: 'connection.connected' }, { event: 'connection.needs_reauth' }] })
})

t.test('closes the connection after it has refused a body that it started to read', async (t) => {
  const id = await fake.open()
  fake.state.answer = (_seen, response) => { response.writeHead(401).end('dead') }
  await fake.ask(id, '/x')
  t.match(await fake.show(id), { status: 'needsReauth' })
  const head = `POST /v1/connections/${id}/proxy/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${fake.key}\r\nContent-Length: 3000000\r\n\r\n`
  const connection = await openRaw(t, fake.api.url, head)
  connection.socket.write(Buffer.alloc(1_500_000))
  t.match(await connection.response(), { status: 409 })
  // Node itself closes the connection after 30 seconds if the request has not ended.
  await until(connection.isClosed, { what: 'the end of the connection' })
})

t.test('streams in both directions', async (t) => {
  const id = await fake.open()
  let end = () => {}
  fake.state.answer = (_seen, response) => {
    end = () => { response.end('x'.repeat(4 * 1024 * 1024)) }
    response.write('begun')
  }
  const answer = await request(`${fake.api.url}/v1/connections/${id}/proxy/big`, { headers: { authorization: `Bearer ${fake.key}` } })
  const sizes: number[] = []
  for await (const chunk of answer.body) {
    if (sizes.push(chunk.length) === 1) end()
  }
  t.equal(sizes[0], 5, 'the first chunk arrives before the rest exists')
  t.equal(sizes.reduce((sum, size) => sum + size, 0), 5 + 4 * 1024 * 1024)
  fake.state.answer = (_seen, response) => { response.writeHead(500).end('z'.repeat(200_000)) }
  t.match(await fake.ask(id, '/x'), { status: 500, text: 'z'.repeat(200_000) }, 'it also streams errors that are too long to concern a token')
})

t.test('limits the time to wait for a provider', async (t) => {
  const hasty = await openProxied(t, { patienceMs: 1_000 })
  hasty.state.answer = () => {}
  t.match(JSON.parse((await hasty.ask(await hasty.open(), '/x')).text), { status: 504, code: 'providerTimeout' })
  const id = await fake.open()
  fake.state.answer = (_seen, response) => { response.socket?.destroy() }
  t.match(JSON.parse((await fake.ask(id, '/x')).text), { status: 502, code: 'providerUnavailable' })
  fake.state.answer = (_seen, response) => { response.end('hello') }
})

t.test('forwards only for callers with the scope, to providers with a proxy', async (t) => {
  const id = await fake.open()
  const path = `/v1/connections/${id}/proxy/x`
  t.match((await fake.api.ask('GET', path)).body, { code: 'unauthenticated' })
  t.match((await fake.api.ask('GET', path, { token: await fake.api.makeKey('connections:read', 'connections:write') })).body, { code: 'insufficientScope' })
  t.match((await fake.api.ask('GET', path, { token: await fake.api.makeUser('user-1') })).body, { code: 'wrongCaller' })
  t.match((await fake.api.ask('GET', path, { token: await fake.api.makeKey('connections:proxy') })).status, 200)
  t.match((await fake.api.ask('GET', path.replace(/.{4}\/proxy/, '0000/proxy'), { token: fake.key })).body, { code: 'notFound' })
  t.match((await fake.api.ask('GET', `/v1/connections/${await fake.open('bare')}/proxy/x`, { token: fake.key })).body, { status: 501, code: 'notForwarded' })
  await fake.api.ask('DELETE', `/v1/connections/${id}`, { token: fake.key })
  t.match((await fake.api.ask('GET', path, { token: fake.key })).body, { code: 'connectionClosed' })
})

t.test("keeps a user's host from redirecting requests to a private network", async (t) => {
  const id = await fake.open()
  const { authorize } = fake.provider
  fake.provider.authorize = async () => ({ url: 'http://127.0.0.1:1/', headers: {} })
  const { text } = await fake.ask(id, '/x')
  t.match(JSON.parse(text), { code: 'providerUnavailable', detail: 'not allowed' })
  t.notMatch(text, '127.0.0.1:1')
  if (authorize !== undefined) fake.provider.authorize = authorize
})

t.test('logs neither token nor path', async (t) => {
  const log = fake.api.logLines.join('')
  t.notMatch(log, 'Bearer')
  for (const secret of ['"first"', 'second', fake.key, 'v2/a%2Fb']) t.notOk(log.includes(secret), secret)
})
