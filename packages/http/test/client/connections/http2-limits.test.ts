import { findProgram, until } from '@carillon/testing'
import t from 'tap'
import { failure } from '../../local-server.ts'
import { openFrameServer } from './open-frame-server.ts'
import type { FrameConnection } from './open-frame-server.ts'
import { http2Client, openHttp2Server, release } from './open-http2-server.ts'

const skip = await findProgram(t, ['openssl'], 'CARILLON_REQUIRE_OPENSSL') === undefined && 'there is no openssl'

t.test('sends many requests over one connection', { skip }, async (t) => {
  const server = await openHttp2Server(t)
  const http = http2Client(t, server)
  const requests = Array.from({ length: 500 }, () => http.request({ method: 'GET', url: server.url }))
  await until(() => server.held.length === 500)
  t.same(http.countRequests(), { running: 500, waiting: 0 })
  t.equal(server.sessions.length, 1)
  release(server)
  for (const { status } of await Promise.all(requests)) t.equal(status, 200)
  await until(() => http.countRequests().running === 0)
})

t.test('opens only as many connections as the limit of the server needs, and uses them again', { skip }, async (t) => {
  const server = await openHttp2Server(t, { settings: { maxConcurrentStreams: 50 } })
  const http = http2Client(t, server)
  for (const round of [1, 2]) {
    const requests = Array.from({ length: 300 }, () => http.request({ method: 'GET', url: server.url }))
    await until(() => server.held.length === 300, { what: `all requests of round ${round} in flight` })
    release(server)
    await Promise.all(requests)
    await until(() => http.countRequests().running === 0)
    t.equal(server.sessions.length, 6)
  }
})

t.test('never exceeds the limits on connections and on requests of a connection', { skip }, async (t) => {
  const server = await openHttp2Server(t, { settings: { maxConcurrentStreams: 2 } })
  const http = http2Client(t, server, { connectionsPerOrigin: 2 })
  const requests = Array.from({ length: 20 }, () => http.request({ method: 'GET', url: server.url }))
  for (let done = 0; done < 20; done += 4) {
    await until(() => server.held.length === 4)
    t.same(http.countRequests(), { running: 4, waiting: 16 - done })
    release(server)
  }
  await Promise.all(requests)
  t.equal(server.sessions.length, 2)
})

t.test('follows a server that lowers its limit, and one that raises it', { skip }, async (t) => {
  const held: Array<[FrameConnection, number]> = []
  const server = await openFrameServer(t, (connection, id) => { held.push([connection, id]) }, { maxStreams: 4 })
  const http = http2Client(t, server, { connectionsPerOrigin: 1 })
  const complete = () => { for (const [connection, id] of held.splice(0)) connection.complete(id) }
  const ping = http.request({ method: 'GET', url: server.url })
  await until(() => held.length === 1)
  complete()
  await ping
  const requests = Array.from({ length: 9 }, () => http.request({ method: 'GET', url: server.url }))
  await until(() => held.length === 4)
  server.connections[0]?.settings({ maxStreams: 1 })
  complete()
  for (const waiting of [4, 3]) {
    await until(() => held.length === 1)
    t.same(http.countRequests(), { running: 1, waiting })
    complete()
  }
  await until(() => held.length === 1)
  server.connections[0]?.settings({ maxStreams: 3 })
  await until(() => held.length === 3, { what: 'two more requests although none has ended' })
  complete()
  await Promise.all(requests)
})

t.test('never sends a request that was aborted while it waited', { skip }, async (t) => {
  const held: Array<[FrameConnection, number]> = []
  const server = await openFrameServer(t, (connection, id) => { held.push([connection, id]) }, { maxStreams: 1 })
  const http = http2Client(t, server, { connectionsPerOrigin: 1 })
  const complete = () => { for (const [connection, id] of held.splice(0)) connection.complete(id) }
  // After one request, the limit of the server is known.
  const zeroth = http.request({ method: 'GET', url: server.url })
  await until(() => held.length === 1)
  complete()
  await zeroth
  await until(() => http.countRequests().running === 0)
  const first = http.request({ method: 'GET', url: server.url })
  await until(() => held.length === 1)
  t.equal((await failure(http.request({ method: 'POST', url: server.url, timeoutMs: 20 }))).code, 'timeout')
  const last = http.request({ method: 'GET', url: server.url })
  t.equal(held.length, 1)
  complete()
  await first
  await until(() => held.length === 1)
  complete()
  t.equal((await last).status, 200)
  t.equal(server.connections[0]?.pings, 0, 'nothing is known about the connection')
})

t.test('closes a connection that is idle', { skip }, async (t) => {
  const server = await openHttp2Server(t)
  const http = http2Client(t, server, { idleTimeoutMs: 100 })
  const request = http.request({ method: 'GET', url: server.url })
  await until(() => server.held.length === 1)
  release(server)
  await request
  await until(() => server.closed === 1, { what: 'the end of the connection' })
  const next = http.request({ method: 'GET', url: server.url })
  await until(() => server.held.length === 1)
  release(server)
  t.equal((await next).status, 200)
})

t.test('counts towards the limit on all connections, and gives one up for an origin without any', { skip }, async (t) => {
  const one = await openHttp2Server(t)
  const other = await openHttp2Server(t)
  const options = { trustedOrigins: [one.url, other.url], maxConnections: 1 }
  const http = http2Client(t, { url: one.url, cert: one.cert + other.cert }, options)
  const requests = [1, 2].map(() => http.request({ method: 'GET', url: one.url }))
  await until(() => one.held.length === 2)
  const starved = http.request({ method: 'GET', url: other.url })
  await until(() => http.countRequests().waiting === 1)
  const [first, second] = one.held.splice(0)
  release({ held: first === undefined ? [] : [first] })
  await requests[0]
  await until(() => http.countRequests().running === 1)
  const late = http.request({ method: 'GET', url: one.url })
  release({ held: second === undefined ? [] : [second] })
  await until(() => other.held.length === 1, { what: 'the other origin has the connection' })
  t.equal(one.closed, 1)
  t.equal(one.held.length, 0, 'a connection that is given up takes no more requests')
  release(other)
  t.equal((await starved).status, 200)
  await until(() => one.held.length === 1)
  release(one)
  t.equal((await late).status, 200)
})

t.test('gives up only as many connections as there are origins without any', { skip }, async (t) => {
  const one = await openHttp2Server(t)
  const other = await openHttp2Server(t)
  const starved = await openHttp2Server(t)
  const servers = [one, other, starved]
  const options = { trustedOrigins: servers.map(({ url }) => url), maxConnections: 2 }
  const http = http2Client(t, { url: one.url, cert: servers.map(({ cert }) => cert).join('') }, options)
  const requests = [one, one, other, other].map(({ url }) => http.request({ method: 'GET', url }))
  await until(() => one.held.length === 2 && other.held.length === 2)
  const waiting = http.request({ method: 'GET', url: starved.url })
  await until(() => http.countRequests().waiting === 1)
  for (const { held } of [one, other]) {
    const { running } = http.countRequests()
    release({ held: held.splice(0, 1) })
    await until(() => http.countRequests().running === running - 1)
  }
  const next = http.request({ method: 'GET', url: other.url })
  await until(() => other.held.length === 2, { what: 'another request over the connection that is not given up' })
  release(one)
  await until(() => starved.held.length === 1)
  release(starved)
  release(other)
  for (const { status } of await Promise.all([...requests, waiting, next])) t.equal(status, 200)
})

t.test('completes pending requests before it closes', { skip }, async (t) => {
  const server = await openHttp2Server(t)
  const http = http2Client(t, server)
  const request = http.request({ method: 'GET', url: server.url })
  await until(() => server.held.length === 1)
  let isClosed = false
  const closing = http.close().then(() => { isClosed = true })
  await new Promise(setImmediate)
  t.notOk(isClosed)
  release(server)
  t.equal((await request).status, 200)
  await closing
  await until(() => server.closed === 1)
})
