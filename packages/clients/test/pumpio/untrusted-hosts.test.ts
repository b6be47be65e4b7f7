import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { createServer, isIPv4 } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { Agent } from 'undici'
import { createHttp } from '@carillon/http'
import type { Http } from '@carillon/http'
import { createPumpio } from '../../src/pumpio/pumpio.ts'
import { createGuard } from '../../../http/src/client/addresses/guard.ts'
import { createGuardedConnector } from '../../../http/src/client/addresses/guarded-connector.ts'
import { dispatchRequest } from '../../../http/src/client/dispatch-request.ts'
import { listen, web, wire } from '../../../http/test/local-server.ts'
import { openNameServer } from '../../../http/test/client/addresses/open-name-server.ts'
import { application, call, connect, failure, pump, token } from './fake-pump.ts'

t.test('refuses accounts at private addresses', async (t) => {
  const pumpio = createPumpio({ application })
  const hosts = [
    '127.0.0.1', '127.1', '2130706433', '10.0.0.1', '172.16.0.1', '192.168.1.1', '169.254.169.254', '224.0.0.1', '0.0.0.0',
    '[::1]', '[::ffff:127.0.0.1]', '[fe80::1]', '[fd00:ec2::254]', '[ff02::1]'
  ]
  for (const host of hosts) {
    const error = await failure(pumpio.handshakes.verifier.begin(`alice@${host}:8080`, null, call(t)))
    t.match(error.failure, { kind: 'rejected', reason: 'not allowed' }, host)
    const sent = await failure(pumpio.send({ type: 'note', body: 'B' }, 'k', { ...token, account: `alice@${host}` }, call(t)))
    t.match(sent.failure, { kind: 'rejected', reason: 'not allowed' }, host)
  }
})

t.test('refuses names with private addresses, and reveals none of them', async (t) => {
  const pumpio = createPumpio({ application })
  for (const address of ['127.0.0.1', '10.9.8.7', '169.254.169.254', '::1', '::ffff:127.0.0.1', '224.0.0.1']) {
    const error = await failure(pumpio.handshakes.verifier.begin('alice@innocent.example', null, call(t, resolving(t, address))))
    t.equal(error.message, 'innocent.example: no usable address for this host name', address)
    t.notOk(`${error.stack}${JSON.stringify(error)}`.includes(address), 'the error does not reveal the address')
  }
})

t.test('returns the same error for a name of a private network as for a missing name', async (t) => {
  const names = await openNameServer(t, (name) => name === 'intranet.example' ? ['10.9.8.7'] : undefined)
  const refused: string[] = []
  const http = createHttp({
    trustedOrigins: [], allowPrivateHosts: [], nameServers: [names.address], onRefused: (host) => { refused.push(host) }
  })
  t.teardown(() => http.close())
  const { begin } = createPumpio({ application }).handshakes.verifier
  const reasons = []
  for (const host of ['localhost', 'intranet.example', 'missing.example']) {
    const { failure: refusal, transport, message } = await failure(begin(`alice@${host}`, null, call(t, http)))
    reasons.push({ failure: refusal, transport, message: message.replace(host, '') })
  }
  t.match(reasons[0], { failure: { kind: 'transient', reason: 'no usable address for this host name' }, transport: 'dns' })
  t.same(reasons, [reasons[0], reasons[0], reasons[0]])
  t.same(refused, ['localhost', 'intranet.example'], 'the log contains the refused names')
})

t.test('guards a user-chosen host, even if it is the trusted base of another provider', async (t) => {
  let visits = 0
  const port = await listen(t, createServer(() => { visits++ }))
  const host = `127.0.0.1:${port}`
  const http = createHttp({ trustedOrigins: [`https://${host}`], allowPrivateHosts: [] })
  t.teardown(() => http.close())
  const pumpio = createPumpio({ application })
  const credentials = { ...token, account: `alice@${host}` }
  const errors = [
    await failure(pumpio.handshakes.verifier.begin(`alice@${host}`, null, call(t, http))),
    await failure(pumpio.send({ type: 'note', body: 'B' }, 'k', credentials, call(t, http)))
  ]
  for (const error of errors) t.match(error.failure, { kind: 'rejected', reason: 'not allowed' })
  t.match(await pumpio.authorize({ method: 'GET', path: '/api/whoami' }, credentials, call(t, http)), { isGuarded: true })
  t.equal(visits, 0)
})

t.test('uses http only for hosts that are configured for it', async (t) => {
  let visits = 0
  const url = await web(t, (_, response) => { visits++; response.end('{}') })
  const http = createHttp({ trustedOrigins: [], allowPrivateHosts: ['127.0.0.1'] })
  t.teardown(() => http.close())
  const { begin } = createPumpio({ application }).handshakes.verifier
  const error = await failure(begin(`alice@${new URL(url).host}`, null, call(t, http)))
  t.match(error.failure, { kind: 'transient', reason: 'no trusted TLS connection' })
  t.equal(visits, 0)
})

t.test('never follows a redirect', async (t) => {
  const visits: string[] = []
  const elsewhere = await web(t, (request, response) => { visits.push(`${request.url}`); response.end('{}') })
  for (const path of ['/api/client/register', '/oauth/request_token', '/oauth/access_token', '/api/whoami']) {
    for (const status of [301, 302, 307, 308]) {
      const host = await pump(t, { [path]: (_, response) => { response.writeHead(status, { location: `${elsewhere}/api/user/a/profile` }).end() } })
      const error = await failure(connect(t, host))
      t.match(error.failure.kind, /^(rejected|transient)$/, `${path} ${status}: ${error.message}`)
      t.match(error.message, /redirects/)
    }
  }
  t.same(visits, [])
})

t.test('stops reading an endless response of any kind', async (t) => {
  for (const path of ['/.well-known/host-meta.json', '/api/client/register', '/oauth/request_token', '/oauth/access_token', '/api/whoami']) {
    let sent = 0
    const host = await pump(t, { [path]: (_, response) => { pour(response, (bytes) => { sent += bytes }) } })
    const error = await failure(connect(t, host))
    t.match(error.failure, { kind: 'malformed', reason: 'response too large' }, path)
    t.ok(sent < 16_000_000, `${path}: left after ${sent} of 10,000,000,000 bytes`)
  }
})

t.test('limits each response of an untrusted host to ten seconds', async (t) => {
  for (const [path, start] of [['/.well-known/host-meta.json', 'HTTP/1.1 200 OK\r\n\r\n{"links":'], ['/', 'HTTP/1.1 200 OK\r\nx-slow: ']] as const) {
    const url = await wire(t, (socket) => { drip(socket, start) })
    const { host } = new URL(url)
    const http = createHttp({ trustedOrigins: [url], allowPrivateHosts: [] })
    t.teardown(() => http.close())
    const given: Array<number | undefined> = []
    const hurried: Http = {
      ...http,
      request (request, signal) {
        given.push(request.timeoutMs)
        return http.request({ ...request, timeoutMs: (request.timeoutMs ?? Infinity) / 50 }, signal)
      }
    }
    const { begin } = createPumpio({ application, insecureHosts: [host] }).handshakes.verifier
    const error = await failure(begin(`alice@${host}`, null, call(t, hurried)))
    t.match(error.failure, { kind: 'transient', reason: 'no complete response in time' }, path)
    t.same(given, [10_000])
  }
})

function pour (response: ServerResponse, sent: (bytes: number) => void): void {
  const piece = Buffer.alloc(64 * 1024, 'x')
  const more = (): void => {
    while (!response.destroyed) {
      sent(piece.length)
      if (response.write(piece)) continue
      response.once('drain', more)
      return
    }
  }
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': 10_000_000_000 })
  more()
}

function drip (socket: Socket, start: string): void {
  socket.write(start)
  const timer = setInterval(() => socket.write('.'), 5)
  socket.once('close', () => clearInterval(timer))
}

/** A guarded HTTP client, with a name server that returns one address. */
function resolving (t: Test, address: string): Http {
  const resolve = async () => [{ address, family: isIPv4(address) ? 4 : 6 }]
  const agent = new Agent({ connect: createGuardedConnector({ guard: createGuard([]), timeoutMs: 2_000, resolve }) })
  const terms = { timeoutMs: 5_000, headersTimeoutMs: 5_000, maxResponseBytes: 1_000 }
  const http: Http = {
    request: (request, signal) => dispatchRequest(agent, new URL(request.url), request, terms, signal && [signal]),
    close: () => agent.close()
  }
  t.teardown(() => http.close())
  return http
}
