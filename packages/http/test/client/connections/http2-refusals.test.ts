import { constants } from 'node:http2'
import { findProgram, until } from '@carillon/testing'
import t from 'tap'
import { failure } from '../../local-server.ts'
import { openFrameServer } from './open-frame-server.ts'
import type { FrameConnection } from './open-frame-server.ts'
import { http2Client } from './open-http2-server.ts'
import { splitBody } from '../../../src/client/split-body.ts'

const skip = await findProgram(t, ['openssl'], 'CARILLON_REQUIRE_OPENSSL') === undefined && 'there is no openssl'

interface Received {
  connection: FrameConnection
  id: number
}

t.test('lets the requests of a connection end after GOAWAY, and sends new ones over another', { skip }, async (t) => {
  const received: Received[] = []
  const server = await openFrameServer(t, (connection, id) => { received.push({ connection, id }) })
  const http = http2Client(t, server)
  const first = http.request({ method: 'GET', url: server.url })
  const old = await until(() => received.at(0))
  // A server that shuts down first announces it for no stream in particular (RFC 9113 §6.8).
  old.connection.goaway(2 ** 31 - 1, constants.NGHTTP2_NO_ERROR)
  old.connection.goaway(old.id, constants.NGHTTP2_NO_ERROR)
  await until(() => old.connection.isGoingAway)
  const second = http.request({ method: 'GET', url: server.url })
  const { connection, id } = await until(() => received.at(1))
  t.not(connection, old.connection)
  connection.complete(id)
  t.equal((await second).status, 200)
  old.connection.complete(old.id)
  t.equal((await first).body.toString(), 'ok')
  await until(() => {
    old.connection.settings()
    return old.connection.socket.destroyed
  }, { what: 'the end of the old connection' })
})

for (const errorCode of [constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_ENHANCE_YOUR_CALM]) {
  t.test(`sends requests again that the server has not processed before GOAWAY ${errorCode}`, { skip }, async (t) => {
    const received: Received[] = []
    const server = await openFrameServer(t, (connection, id) => {
      received.push({ connection, id })
      if (connection !== server.connections[0]) connection.complete(id)
    })
    const http = http2Client(t, server)
    const first = http.request({ method: 'POST', url: server.url, body: 'first' })
    const { connection, id } = await until(() => received.at(0))
    const later = ['text', new Uint8Array(9), splitBody([Buffer.alloc(9)])].map((body) => {
      return http.request({ method: 'POST', url: server.url, body, headers: { 'content-length': String(typeof body === 'string' ? 4 : 9) } })
    })
    const once = failure(http.request({ method: 'POST', url: server.url, body: generate(), headers: { 'content-length': '2' } }))
    const handled = first.then(({ status }) => status, ({ code }) => code)
    await until(() => received.length === 5)
    if (errorCode === constants.NGHTTP2_NO_ERROR) connection.complete(id)
    connection.goaway(id, errorCode)
    for (const response of await Promise.all(later)) t.equal(response.body.toString(), 'ok')
    t.equal((await once).code, 'reset', 'a stream cannot be sent again')
    t.equal(await handled, errorCode === constants.NGHTTP2_NO_ERROR ? 200 : 'reset', 'the server has perhaps processed the first')
    t.equal(received.length, 8)
    t.equal(server.connections.length, 2)
  })
}

t.test('sends a refused request again, but not without end', { skip }, async (t) => {
  let refusals = 1
  let count = 0
  const server = await openFrameServer(t, (connection, id) => {
    count++
    if (refusals-- > 0) connection.reset(id, constants.NGHTTP2_REFUSED_STREAM)
    else connection.complete(id)
  })
  const http = http2Client(t, server, { connectionsPerOrigin: 1 })
  t.equal((await http.request({ method: 'POST', url: server.url, body: 'hi' })).body.toString(), 'ok')
  t.equal(count, 2)
  t.equal(server.connections[0]?.pings, 1, 'not before the server knows that the request has ended')
  refusals = Infinity
  count = 0
  const { code, detail } = await failure(http.request({ method: 'POST', url: server.url, body: 'hi' }))
  t.same([code, detail], ['reset', 'NGHTTP2_REFUSED_STREAM'])
  t.equal(count, 4)
})

t.test('sends nothing again that the server may have processed, and leaves other requests alone', { skip }, async (t) => {
  const received: Received[] = []
  const server = await openFrameServer(t, (connection, id) => { received.push({ connection, id }) })
  const http = http2Client(t, server)
  const other = http.request({ method: 'GET', url: server.url })
  await until(() => received.length === 1)
  const request = failure(http.request({ method: 'POST', url: server.url, body: 'hi' }))
  const { connection, id } = await until(() => received.at(1))
  connection.reset(id, constants.NGHTTP2_INTERNAL_ERROR)
  const { code, detail } = await request
  t.same([code, detail], ['reset', 'NGHTTP2_INTERNAL_ERROR'])
  const [first] = received
  first?.connection.complete(first.id)
  t.equal((await other).status, 200)
  t.equal(received.length, 2)
})

t.test('fails exactly the requests of a connection that is closed', { skip }, async (t) => {
  const received: Received[] = []
  const server = await openFrameServer(t, (connection, id) => { received.push({ connection, id }) }, { maxStreams: 2 })
  const http = http2Client(t, server, { connectionsPerOrigin: 2 })
  const warmUp = http.request({ method: 'GET', url: server.url })
  await until(() => received.length === 1)
  for (const { connection, id } of received.splice(0)) connection.complete(id)
  await warmUp
  await until(() => http.countRequests().running === 0)
  const results = Array.from({ length: 5 }, () => http.request({ method: 'GET', url: server.url }).then(() => 'ok', ({ code }) => code))
  await until(() => received.length === 4)
  const [first] = server.connections
  for (const { connection, id } of received.splice(0)) if (connection !== first) connection.complete(id)
  first?.socket.destroySoon()
  const { connection, id } = await until(() => received.at(0))
  connection.complete(id)
  t.same((await Promise.all(results)).sort(), ['ok', 'ok', 'ok', 'reset', 'reset'])
})

async function * generate (): AsyncGenerator<Uint8Array> {
  yield Buffer.from('hi')
}
