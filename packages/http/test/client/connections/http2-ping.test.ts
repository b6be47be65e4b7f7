import { findProgram, until } from '@carillon/testing'
import t from 'tap'
import { failure } from '../../local-server.ts'
import { openFrameServer } from './open-frame-server.ts'
import type { FrameConnection } from './open-frame-server.ts'
import { http2Client } from './open-http2-server.ts'

const skip = await findProgram(t, ['openssl'], 'CARILLON_REQUIRE_OPENSSL') === undefined && 'there is no openssl'

t.test('after a request without a response, uses the connection again only if the server still responds', { skip }, async (t) => {
  const received: number[] = []
  const server = await openFrameServer(t, (connection, id) => {
    received.push(id)
    if (received.length > 1) connection.complete(id)
  })
  const http = http2Client(t, server, { connectionsPerOrigin: 1, pingTimeoutMs: 60_000 })
  t.equal((await failure(http.request({ method: 'GET', url: server.url, timeoutMs: 100 }))).code, 'timeout')
  t.equal((await http.request({ method: 'GET', url: server.url })).status, 200)
  t.equal(server.connections.length, 1)
  t.equal(server.connections[0]?.pings, 1)
})

t.test('replaces a connection whose server does not respond, and fails its other requests', { skip }, async (t) => {
  const received: FrameConnection[] = []
  const server = await openFrameServer(t, (connection, id) => {
    received.push(connection)
    if (connection === server.connections[0]) connection.isDeaf = true
    else connection.complete(id)
  })
  const http = http2Client(t, server, { connectionsPerOrigin: 1, pingTimeoutMs: 100 })
  const other = failure(http.request({ method: 'GET', url: server.url }))
  await until(() => received.length === 1)
  t.equal((await failure(http.request({ method: 'GET', url: server.url, timeoutMs: 100 }))).code, 'timeout')
  const next = http.request({ method: 'GET', url: server.url })
  const { code, detail } = await other
  t.same([code, detail], ['timeout', 'HTTP2_PING_TIMEOUT'])
  t.equal((await next).status, 200, 'it waited for a connection that responds')
  t.same(received.map((connection) => server.connections.indexOf(connection)), [0, 0, 1])
})

t.test('pings a server that sends nothing for long while requests are pending', { skip }, async (t) => {
  const held: Array<[FrameConnection, number]> = []
  const server = await openFrameServer(t, (connection, id) => { held.push([connection, id]) })
  const http = http2Client(t, server, { idleTimeoutMs: 100, pingTimeoutMs: 100 })
  const request = http.request({ method: 'GET', url: server.url })
  const [connection, id] = await until(() => held.at(0))
  await until(() => connection.pings >= 2, { what: 'two pings, so the first pong was enough' })
  connection.complete(id)
  t.equal((await request).status, 200)
  const lost = failure(http.request({ method: 'GET', url: server.url }))
  const [last] = await until(() => held.at(1))
  last.isDeaf = true
  t.equal((await lost).detail, 'HTTP2_PING_TIMEOUT')
})

t.test('gives up a connection whose server does not speak HTTP/2 although it said so', { skip }, async (t) => {
  const server = await openFrameServer(t, (connection, id) => {
    if (connection === server.connections[0]) connection.socket.write('HTTP/1.1 200 OK\r\n\r\n')
    else connection.complete(id)
  })
  const http = http2Client(t, server, { connectionsPerOrigin: 1, pingTimeoutMs: 100, headersTimeoutMs: 200 })
  await failure(http.request({ method: 'GET', url: server.url }))
  const response = await until(() => http.request({ method: 'GET', url: server.url }).catch(() => undefined))
  t.equal(response.status, 200)
})
