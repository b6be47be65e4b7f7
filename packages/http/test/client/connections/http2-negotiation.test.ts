import { constants, createSecureServer } from 'node:http2'
import { createServer } from 'node:https'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { connect, createServer as createTcpServer } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { findProgram, until } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { failure, listen } from '../../local-server.ts'
import { makeCertificate } from '../../make-certificate.ts'
import { openFrameServer } from './open-frame-server.ts'
import { http2Client, openHttp2Server, release } from './open-http2-server.ts'

const skip = await findProgram(t, ['openssl'], 'CARILLON_REQUIRE_OPENSSL') === undefined && 'there is no openssl'

t.test('opens one connection to learn the protocol, and then all that HTTP/1.1 needs at once', { skip }, async (t) => {
  const { key, cert } = await makeCertificate(t, 'IP:127.0.0.1')
  const held: ServerResponse[] = []
  const server = createServer({ key, cert }, (_, response) => { held.push(response) })
  const target = `https://127.0.0.1:${await listen(t, server)}`
  const forwards: Array<() => void> = []
  const url = await openProxy(t, target, (_, forward) => { forwards.push(forward) })
  const http = http2Client(t, { url, cert })
  const requests = Array.from({ length: 20 }, () => http.request({ method: 'GET', url }))
  await until(() => forwards.length === 1)
  t.equal(held.length, 0)
  forwards.shift()?.()
  await until(() => forwards.length === 19, { what: 'a connection for each of the others' })
  t.equal(held.length, 1)
  for (const forward of forwards) forward()
  await until(() => held.length === 20)
  for (const response of held) response.end('ok')
  for (const { body } of await Promise.all(requests)) t.equal(body.toString(), 'ok')
})

t.test('uses the protocol that the server chooses for each connection', { skip }, async (t) => {
  const { key, cert } = await makeCertificate(t, 'IP:127.0.0.1')
  const versions: string[] = []
  let offered = ['http/1.1']
  const ALPNCallback = ({ protocols }: { protocols: string[] }) => protocols.find((name) => offered.includes(name))
  const server = createSecureServer({ key, cert, allowHTTP1: true, ALPNCallback })
  server.on('request', (request, response) => {
    versions.push(request.httpVersion)
    if (request.httpVersion === '1.1') response.setHeader('connection', 'close')
    response.end('ok')
    if (request.httpVersion === '2.0') request.stream.session?.close()
  })
  const url = `https://127.0.0.1:${await listen(t, server)}`
  const http = http2Client(t, { url, cert })
  for (const protocol of ['http/1.1', 'h2', 'http/1.1', 'h2']) {
    offered = [protocol]
    await until(async () => {
      t.equal((await http.request({ method: 'GET', url })).body.toString(), 'ok')
      return versions.at(-1) === (protocol === 'h2' ? '2.0' : '1.1')
    })
  }
})

t.test('uses HTTP/1.1 from then on if the server requires it', { skip }, async (t) => {
  const { key, cert } = await makeCertificate(t, 'IP:127.0.0.1')
  const versions: string[] = []
  const server = createSecureServer({ key, cert, allowHTTP1: true })
  server.on('request', (request, response) => {
    versions.push(request.httpVersion)
    if (request.httpVersion === '2.0') request.stream.close(constants.NGHTTP2_HTTP_1_1_REQUIRED)
    else response.end('ok')
  })
  const url = `https://127.0.0.1:${await listen(t, server)}`
  const http = http2Client(t, { url, cert })
  for (let count = 0; count < 3; count++) {
    t.equal((await http.request({ method: 'POST', url, body: 'hi' })).body.toString(), 'ok')
  }
  t.same(versions, ['2.0', '1.1', '1.1', '1.1'])
})

t.test('a connection that cannot be opened fails its own request only', { skip }, async (t) => {
  const server = await openFrameServer(t, (connection, id) => connection.complete(id))
  let count = 0
  const url = await openProxy(t, server.url, (socket, forward) => {
    if (++count > 1) forward()
    else socket.destroy()
  })
  const http = http2Client(t, { url, cert: server.cert })
  const request = () => http.request({ method: 'GET', url }).then(({ status }) => String(status), ({ code }) => String(code))
  const results = await Promise.all(Array.from({ length: 50 }, request))
  t.same(results.toSorted(), [...Array.from({ length: 49 }, () => '200'), 'reset'])
  t.ok(count <= 3, `${count} connections`)
})

t.test('tries more connections at once after each that cannot be opened', { skip }, async (t) => {
  const server = await openFrameServer(t, () => {})
  const opening: Socket[] = []
  let count = 0
  const url = await openProxy(t, server.url, (socket) => {
    opening.push(socket)
    count++
  })
  const http = http2Client(t, { url, cert: server.cert })
  const requests = Array.from({ length: 50 }, () => failure(http.request({ method: 'GET', url })))
  for (const expected of [1, 2, 4, 8]) {
    await until(() => opening.length === expected, { what: `${expected} connections at once` })
    t.equal(http.countRequests().waiting, 50 - (count - expected))
    // One more failure doubles the number. The failures of the others follow.
    opening.shift()?.destroy()
  }
  await until(() => {
    for (const socket of opening.splice(0)) socket.destroy()
    return count === 50
  }, { what: 'a connection for each request' })
  for (const socket of opening) socket.destroy()
  for (const { code } of await Promise.all(requests)) t.equal(code, 'reset')
  t.same(http.countRequests(), { running: 0, waiting: 0 })
})

t.test('never shares a connection between trusted and guarded requests, and guards HTTP/2 too', { skip }, async (t) => {
  const server = await openHttp2Server(t)
  const { url } = server
  t.equal((await failure(http2Client(t, server).request({ method: 'GET', url, isGuarded: true }))).code, 'notAllowed')
  t.equal(server.sessions.length, 0)
  const http = http2Client(t, server, { allowPrivateHosts: ['127.0.0.1'] })
  const requests = [false, true].map((isGuarded) => http.request({ method: 'GET', url, isGuarded }))
  await until(() => server.held.length === 2)
  t.not(server.held[0]?.stream.session, server.held[1]?.stream.session)
  release(server)
  await Promise.all(requests)
})

t.test('streams use HTTP/1.1', { skip }, async (t) => {
  const { key, cert } = await makeCertificate(t, 'IP:127.0.0.1')
  const server = createSecureServer({ key, cert, allowHTTP1: true }, (request, response) => { response.end(request.httpVersion) })
  const url = `https://127.0.0.1:${await listen(t, server)}`
  const http = http2Client(t, { url, cert })
  t.equal((await http.request({ method: 'GET', url })).body.toString(), '2.0')
  const { body } = await http.stream({ method: 'GET', url, headers: {} }, new AbortController().signal)
  t.equal(Buffer.concat(await body.toArray()).toString(), '1.1')
})

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`resumes the TLS session in the next connection, with ${maxVersion}`, { skip }, async (t) => {
    const { key, cert } = await makeCertificate(t, 'IP:127.0.0.1')
    const resumed: boolean[] = []
    let closed = 0
    const server = createSecureServer({ key, cert, maxVersion }, (request, response) => {
      response.end('ok')
      request.stream.session?.once('close', () => { closed++ }).close()
    })
    server.on('secureConnection', (socket: TLSSocket) => { resumed.push(socket.isSessionReused()) })
    const url = `https://127.0.0.1:${await listen(t, server)}`
    const http = http2Client(t, { url, cert })
    for (let count = 1; count <= 3; count++) {
      t.equal((await http.request({ method: 'GET', url })).status, 200)
      await until(() => closed === count && http.countRequests().running === 0)
    }
    t.same(resumed, [false, true, true])
  })
}

/** Calls `onConnection` with each connection and a function that forwards it. */
async function openProxy (t: Test, target: string, onConnection: (socket: Socket, forward: () => void) => void): Promise<string> {
  const proxy = createTcpServer((socket) => {
    onConnection(socket, () => {
      const upstream = connect(Number(new URL(target).port), '127.0.0.1')
      upstream.on('error', () => {}).on('close', () => socket.destroy())
      socket.on('close', () => upstream.destroy())
      socket.pipe(upstream).pipe(socket)
    })
  })
  return `https://127.0.0.1:${await listen(t, proxy)}`
}
