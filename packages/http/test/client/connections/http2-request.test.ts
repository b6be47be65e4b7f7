import { sensitiveHeaders, constants } from 'node:http2'
import { findProgram, until } from '@carillon/testing'
import t from 'tap'
import { failure } from '../../local-server.ts'
import { openFrameServer } from './open-frame-server.ts'
import { http2Client, openHttp2Server, readBody, release } from './open-http2-server.ts'
import { splitBody } from '../../../src/client/split-body.ts'

const skip = await findProgram(t, ['openssl'], 'CARILLON_REQUIRE_OPENSSL') === undefined && 'there is no openssl'

t.test('sends method, path, headers and body, and reads the response', { skip }, async (t) => {
  const server = await openHttp2Server(t)
  const headers = { 'Access-Token': 'T', Connection: 'close', 'Keep-Alive': '1', 'Transfer-Encoding': 'chunked', Host: 'other.example' }
  const request = http2Client(t, server).request({ method: 'POST', url: `${server.url}/p?q=1`, headers, body: 'hü' })
  const { stream, headers: received } = await until(() => server.held.at(0))
  t.match(received, {
    ':method': 'POST', ':path': '/p?q=1', ':scheme': 'https', ':authority': 'other.example', 'access-token': 'T', 'content-length': '3'
  })
  for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'host']) t.notHas(received, name)
  t.equal((await readBody(stream)).toString(), 'hü')
  stream.additionalHeaders({ ':status': 103, link: '</a>' })
  stream.respond({ ':status': 201, 'x-thing': ['a', 'b'], 'content-type': 'text/plain' })
  stream.end('done')
  const response = await request
  t.match(response, { status: 201, headers: { 'x-thing': 'a, b', 'content-type': 'text/plain' } })
  t.notHas(response.headers, ':status')
  t.equal(response.body.toString(), 'done')
})

t.test('sends bytes and pieces unchanged, also more than the windows take', { skip }, async (t) => {
  const server = await openHttp2Server(t)
  const http = http2Client(t, server)
  const bytes = Buffer.alloc(1_000_000, 'abc')
  const headers = { 'content-length': String(bytes.length) }
  for (const request of [{ body: new Uint8Array(bytes) }, { body: splitBody([bytes]), headers }]) {
    const response = http.request({ method: 'PUT', url: server.url, ...request })
    const { stream, headers: received } = await until(() => server.held.shift())
    t.equal(received['content-length'], String(bytes.length))
    const body = await readBody(stream)
    t.ok(body.equals(bytes))
    stream.respond({ ':status': 200 })
    stream.end(body)
    t.ok((await response).body.equals(bytes))
  }
})

t.test('lets a server send more than the standard windows in one round trip', { skip }, async (t) => {
  const server = await openHttp2Server(t)
  const response = http2Client(t, server).request({ method: 'GET', url: server.url })
  const session = await until(() => server.sessions.at(0))
  await until(() => session.remoteSettings.initialWindowSize === 1024 * 1024)
  await until(() => session.state.remoteWindowSize === 8 * 1024 * 1024)
  await until(() => server.held.length === 1)
  release(server)
  t.equal((await response).status, 200)
})

t.test('says that a POST has no body', { skip }, async (t) => {
  const server = await openHttp2Server(t)
  const http = http2Client(t, server)
  for (const [method, length] of [['POST', '0'], ['GET', undefined], ['DELETE', undefined]] as const) {
    const response = http.request({ method, url: server.url })
    const { headers } = await until(() => server.held.at(0))
    t.equal(headers['content-length'], length, method)
    release(server)
    t.equal((await response).status, 200)
  }
})

t.test('lets no server or proxy index a header that may be a credential', { skip }, async (t) => {
  const server = await openHttp2Server(t)
  const headers = { authorization: 'Bearer T', 'x-api-key': 'K', cookie: 'C=1', 'content-type': 'text/plain', accept: '*/*' }
  const response = http2Client(t, server).request({ method: 'POST', url: `${server.url}/bot-token`, headers, body: 'hi' })
  const { headers: received } = await until(() => server.held.at(0))
  const marked = (received as { [sensitiveHeaders]?: string[] })[sensitiveHeaders]
  t.same(marked?.sort(), [':path', 'authorization', 'cookie', 'x-api-key'])
  release(server)
  t.equal((await response).status, 200)
})

t.test('fails a request that cannot be sent, and keeps the connection', { skip }, async (t) => {
  const server = await openHttp2Server(t)
  const http = http2Client(t, server)
  for (const headers of [{ name: 'a\r\nb' }, { 'na me': 'a' }, { 'content-length': '7' }]) {
    t.equal((await failure(http.request({ method: 'POST', url: server.url, headers, body: 'hi' }))).code, 'invalid')
  }
  const response = http.request({ method: 'GET', url: server.url })
  await until(() => server.held.length === 1)
  release(server)
  t.equal((await response).status, 200)
  t.equal(server.sessions.length, 1)
})

t.test('aborts and times out one request and leaves the others alone', { skip }, async (t) => {
  const server = await openHttp2Server(t)
  const http = http2Client(t, server)
  const stop = new AbortController()
  const other = http.request({ method: 'GET', url: `${server.url}/other` })
  await until(() => server.held.length === 1)
  const aborted = failure(http.request({ method: 'GET', url: `${server.url}/aborted` }, stop.signal))
  await until(() => server.held.length === 2)
  stop.abort()
  t.equal((await aborted).code, 'aborted')
  const late = await failure(http.request({ method: 'POST', url: `${server.url}/late`, body: 'hi', timeoutMs: 50 }))
  t.equal(late.code, 'timeout')
  await until(() => server.held.filter(({ stream }) => stream.rstCode === constants.NGHTTP2_CANCEL).length === 2, { what: 'both resets' })
  t.same(server.held.map(({ headers, stream }) => [headers[':path'], stream.closed]), [['/other', false], ['/aborted', true], ['/late', true]])
  t.equal(http.countRequests().running, 1)
  release(server)
  t.equal((await other).body.toString(), 'ok')
  t.equal(server.sessions.length, 1)
})

t.test('limits the time until the headers and the pauses within a body', { skip }, async (t) => {
  const server = await openHttp2Server(t)
  const http = http2Client(t, server, { headersTimeoutMs: 100, bodyTimeoutMs: 100 })
  const { code, detail } = await failure(http.request({ method: 'GET', url: server.url }))
  t.same([code, detail], ['timeout', 'UND_ERR_HEADERS_TIMEOUT'])
  server.held.shift()
  const pausing = failure(http.request({ method: 'GET', url: server.url }))
  const { stream } = await until(() => server.held.shift())
  stream.respond({ ':status': 200 })
  stream.write('begun')
  t.equal((await pausing).detail, 'UND_ERR_BODY_TIMEOUT')
  await until(() => stream.rstCode === constants.NGHTTP2_CANCEL)
})

t.test('stops reading a long response and leaves the others alone', { skip }, async (t) => {
  const server = await openHttp2Server(t)
  const http = http2Client(t, server, { maxResponseBytes: 100_000 })
  const other = http.request({ method: 'GET', url: server.url })
  const { stream: otherStream } = await until(() => server.held.shift())
  for (const cutsResponse of [false, true]) {
    const long = http.request({ method: 'GET', url: server.url, cutsResponse })
    const { stream } = await until(() => server.held.shift())
    stream.respond({ ':status': 200 })
    stream.write(Buffer.alloc(5_000_000, 'x'))
    if (cutsResponse) t.equal((await long).body.length, 100_000)
    else t.equal((await failure(long)).code, 'tooLarge')
    await until(() => stream.rstCode === constants.NGHTTP2_CANCEL, { what: 'the reset' })
  }
  otherStream.respond({ ':status': 200 })
  otherStream.end('ok')
  t.equal((await other).status, 200)
  t.equal(server.sessions.length, 1)
})

t.test('accepts a response before the whole request is sent', { skip }, async (t) => {
  const server = await openHttp2Server(t, { settings: { maxConcurrentStreams: 1 } })
  const http = http2Client(t, server, { connectionsPerOrigin: 1 })
  for (const body of ['x'.repeat(1_000_000), splitBody([Buffer.alloc(1_000_000)])]) {
    const response = http.request({ method: 'POST', url: server.url, body, headers: { 'content-length': '1000000' } })
    const { stream } = await until(() => server.held.shift())
    stream.respond({ ':status': 413 })
    stream.end('too large')
    t.equal((await response).status, 413, 'the place of the request before is free again')
  }
})

t.test('fails a response that is cut off', { skip }, async (t) => {
  const cases: Array<[string, Parameters<typeof openFrameServer>[1]]> = [
    ['a reset before it', (connection, id) => connection.reset(id, constants.NGHTTP2_INTERNAL_ERROR)],
    ['no error, but no response either', (connection, id) => connection.reset(id, constants.NGHTTP2_NO_ERROR)],
    ['no error, but less than was stated', (connection, id) => {
      connection.respond(id, '99')
      connection.data(id, 'half')
      connection.reset(id, constants.NGHTTP2_NO_ERROR)
    }],
    ['canceled within it', (connection, id) => {
      connection.respond(id)
      connection.data(id, 'half')
      connection.reset(id, constants.NGHTTP2_CANCEL)
    }],
    ['a reset within it', (connection, id) => {
      connection.respond(id)
      connection.data(id, 'half')
      connection.reset(id, constants.NGHTTP2_REFUSED_STREAM)
    }],
    ['a connection closed within it', (connection, id) => {
      connection.respond(id)
      connection.data(id, 'half')
      connection.socket.end()
    }],
    ['a connection lost within it', (connection, id) => {
      connection.respond(id)
      connection.data(id, 'half')
      connection.socket.destroySoon()
    }]
  ]
  for (const [what, onRequest] of cases) {
    let count = 0
    const server = await openFrameServer(t, (connection, id) => {
      count++
      onRequest(connection, id)
    })
    const http = http2Client(t, server)
    for (const body of [undefined, 'x'.repeat(200_000)]) {
      t.equal((await failure(http.request({ method: 'POST', url: server.url, body }))).code, 'reset', what)
      await until(() => http.countRequests().running === 0)
    }
    t.equal(count, 2, 'nothing is sent again')
  }
})

t.test('fails a response that is shorter than its stated length', { skip }, async (t) => {
  const server = await openHttp2Server(t)
  const response = failure(http2Client(t, server).request({ method: 'GET', url: server.url }))
  const { stream } = await until(() => server.held.at(0))
  stream.respond({ ':status': 200, 'content-length': 99 })
  stream.end('half')
  t.equal((await response).code, 'reset')
})
