import { getEventListeners, once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { createServer } from 'node:net'
import t from 'tap'
import { createHttp } from '../../src/client/http.ts'
import { client, failure, listen, web, wire } from '../local-server.ts'

t.test('sends method, path, headers and body, and reads the response', async (t) => {
  const url = await web(t, async (request, response) => {
    const body = (await request.toArray()).join('')
    response.writeHead(201, { 'X-Thing': ['a', 'b'], 'content-type': 'text/plain' })
    response.end(`${request.method} ${request.url} ${request.headers['access-token']} ${body}`)
  })
  const answer = await client(t, url).request({ method: 'POST', url: `${url}/p?q=1`, headers: { 'Access-Token': 'T' }, body: 'hi' })
  t.equal(answer.status, 201)
  t.equal(answer.headers['x-thing'], 'a, b')
  t.equal(answer.headers['content-type'], 'text/plain')
  t.equal(answer.body.toString(), 'POST /p?q=1 T hi')
})

t.test('sends bytes unchanged', async (t) => {
  const url = await web(t, async (request, response) => { response.end(Buffer.concat(await request.toArray())) })
  const body = new Uint8Array([0, 255, 128, 10, 13])
  const answer = await client(t, url).request({ method: 'PUT', url, body })
  t.same([...answer.body], [...body])
})

t.test('reuses its connections', async (t) => {
  const ports = new Set<number | undefined>()
  const url = await web(t, (request, response) => { ports.add(request.socket.remotePort); response.end('ok') })
  const http = client(t, url)
  for (let count = 0; count < 10; count++) await http.request({ method: 'GET', url })
  // Two, because the first is busy for the rest of the turn in which its response ended.
  t.ok(ports.size <= 2, `${ports.size} connections for 10 requests`)
})

t.test('limits the connections per origin', async (t) => {
  const ports = new Set<number | undefined>()
  const held: ServerResponse[] = []
  const url = await web(t, (request, response) => {
    ports.add(request.socket.remotePort)
    if (held.push(response) === 3) for (const each of held.splice(0)) each.end('ok')
  })
  const http = client(t, url, { connectionsPerOrigin: 3 })
  await Promise.all(Array.from({ length: 30 }, () => http.request({ method: 'GET', url })))
  t.equal(ports.size, 3)
})

t.test('returns a redirect instead of following it', async (t) => {
  let visits = 0
  const elsewhere = await web(t, (_, response) => { visits++; response.end('stolen') })
  const url = await web(t, (_, response) => { response.writeHead(302, { location: elsewhere }).end() })
  const answer = await client(t, url, { trustedOrigins: [url, elsewhere] }).request({ method: 'GET', url })
  t.equal(answer.status, 302)
  t.equal(answer.headers.location, `${elsewhere}`)
  t.equal(visits, 0)
})

t.test('ignores 1xx responses', async (t) => {
  const url = await wire(t, (socket) => {
    socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n')
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
  })
  const answer = await client(t, url).request({ method: 'GET', url })
  t.equal(answer.status, 200)
  t.equal(answer.body.toString(), 'ok')
})

t.test('reports network errors', async (t) => {
  const cases: Array<[string, (socket: Socket) => void, string]> = [
    ['a reset before the answer', (socket) => socket.resetAndDestroy(), 'reset'],
    ['a connection closed without an answer', (socket) => socket.end(), 'reset'],
    ['half an answer', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhalf'), 'reset'],
    ['half a chunked answer', (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhal'), 'reset'],
    ['something that is not HTTP', (socket) => socket.end('220 mail.example ESMTP\r\n'), 'protocol'],
    ['endless headers', (socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`), 'tooLarge']
  ]
  for (const [what, onRequest, code] of cases) {
    const url = await wire(t, onRequest)
    const error = await failure(client(t, url).request({ method: 'GET', url }))
    t.equal(error.code, code, `${what}: ${error.message}`)
    t.equal(error.host, new URL(url).host)
  }
})

t.test('reports a refused connection', async (t) => {
  const server = createServer()
  const port = await listen(t, server)
  server.close()
  const url = `http://127.0.0.1:${port}`
  t.equal((await failure(client(t, url).request({ method: 'GET', url }))).code, 'refused')
})

t.test('reports a name that does not exist', async (t) => {
  const url = 'http://nobody.invalid'
  t.equal((await failure(client(t, url).request({ method: 'GET', url }))).code, 'dns')
})

t.test('reports a TLS error', async (t) => {
  const url = (await wire(t, (socket) => socket.end('not TLS'))).replace('http:', 'https:')
  t.equal((await failure(client(t, url).request({ method: 'GET', url }))).code, 'tls')
})

t.test("aborts with the caller's signal", async (t) => {
  const gone: Array<Promise<unknown>> = []
  const url = await web(t, (request) => { gone.push(once(request.socket, 'close')); stop.abort() })
  const stop = new AbortController()
  const http = client(t, url, { headersTimeoutMs: 600_000 })
  t.equal((await failure(http.request({ method: 'GET', url }, stop.signal))).code, 'aborted')
  await Promise.all(gone)
  t.equal(gone.length, 1, 'the server sees the connection close')
})

t.test("aborts every request with the process's signal, and sends no more", async (t) => {
  const stop = new AbortController()
  let visits = 0
  const url = await web(t, () => { if (++visits === 2) stop.abort() })
  const http = client(t, url, { headersTimeoutMs: 600_000, signal: stop.signal })
  const own = new AbortController()
  const requests = [http.request({ method: 'GET', url }), http.request({ method: 'GET', url }, own.signal)]
  for (const request of requests) t.equal((await failure(request)).code, 'aborted')
  t.equal((await failure(http.request({ method: 'GET', url }))).code, 'aborted')
  t.equal(visits, 2)
  for (const { signal } of [stop, own]) t.equal(getEventListeners(signal, 'abort').length, 0)
})

t.test('sends nothing with an aborted signal', async (t) => {
  let visits = 0
  const url = await web(t, (_, response) => { visits++; response.end() })
  t.equal((await failure(client(t, url).request({ method: 'GET', url }, AbortSignal.abort()))).code, 'aborted')
  t.equal(visits, 0)
})

t.test('shares one signal between many requests without a warning, and removes its listeners', async (t) => {
  const warnings: Error[] = []
  const warn = (warning: Error) => { warnings.push(warning) }
  process.on('warning', warn)
  t.teardown(() => process.off('warning', warn))
  const url = await web(t, (_, response) => { response.end('ok') })
  const http = client(t, url)
  const { signal } = new AbortController()
  await Promise.all(Array.from({ length: 50 }, () => http.request({ method: 'GET', url }, signal)))
  t.same(warnings, [])
  t.equal(getEventListeners(signal, 'abort').length, 0)
})

t.test('completes pending requests before it closes, and refuses new ones', async (t) => {
  const url = await web(t, (_, response) => {
    closing = http.close()
    response.end('late')
  })
  const http = createHttp({ trustedOrigins: [url], allowPrivateHosts: [] })
  let closing: Promise<void> | undefined
  t.equal((await http.request({ method: 'GET', url })).body.toString(), 'late')
  await closing
  t.equal((await failure(http.request({ method: 'GET', url }))).code, 'closed')
})
