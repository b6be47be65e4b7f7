import type { lookup } from 'node:dns'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { Agent } from 'undici'
import { exchange } from '../../src/providers/exchange.ts'
import { createGuard } from '../../src/providers/guard.ts'
import { createGuardedConnector } from '../../src/providers/guarded-connector.ts'
import type { Http } from '../../src/providers/http.ts'
import { createHttp } from '../../src/providers/http.ts'
import { createPumpio } from '../../src/providers/pumpio.ts'
import { web, wire } from './local-server.ts'
import { application, call, connect, failure, pump, token } from './pretended-pump.ts'

t.test('refuses accounts at addresses of our own network', async (t) => {
  const pumpio = createPumpio({ application })
  const hosts = [
    '127.0.0.1', '127.1', '2130706433', 'localhost', '10.0.0.1', '172.16.0.1', '192.168.1.1', '169.254.169.254', '224.0.0.1', '0.0.0.0',
    '[::1]', '[::ffff:127.0.0.1]', '[fe80::1]', '[fd00:ec2::254]', '[ff02::1]'
  ]
  for (const host of hosts) {
    const error = await failure(pumpio.handshakes.verifier.begin(`alice@${host}:8080`, null, call(t)))
    t.match(error.verdict, { kind: 'rejected', reason: 'not allowed' }, host)
    const sent = await failure(pumpio.send({ type: 'note', body: 'B' }, 'k', { ...token, account: `alice@${host}` }, call(t)))
    t.match(sent.verdict, { kind: 'rejected', reason: 'not allowed' }, host)
  }
})

t.test('refuses names that stand for such addresses, and tells none of them', async (t) => {
  const pumpio = createPumpio({ application })
  for (const address of ['127.0.0.1', '10.9.8.7', '169.254.169.254', '::1', '::ffff:127.0.0.1', '224.0.0.1']) {
    const error = await failure(pumpio.handshakes.verifier.begin('alice@innocent.example', null, call(t, resolving(t, address))))
    t.equal(error.message, 'innocent.example: not allowed', address)
    t.notOk(`${error.stack}${JSON.stringify(error)}`.includes(address), 'the address is nobody\'s business')
  }
})

t.test('does not speak http to a host that is not named for it', async (t) => {
  let visits = 0
  const url = await web(t, (_, response) => { visits++; response.end('{}') })
  const http = createHttp({ trustedOrigins: [], allowPrivateHosts: ['127.0.0.1'] })
  t.teardown(() => http.close())
  const { begin } = createPumpio({ application }).handshakes.verifier
  const error = await failure(begin(`alice@${new URL(url).host}`, null, call(t, http)))
  t.match(error.verdict, { kind: 'transient', reason: 'no trusted TLS connection' })
  t.equal(visits, 0)
})

t.test('takes a redirect for an answer, wherever it comes', async (t) => {
  const visits: string[] = []
  const elsewhere = await web(t, (request, response) => { visits.push(`${request.url}`); response.end('{}') })
  for (const path of ['/.well-known/host-meta.json', '/api/client/register', '/oauth/request_token', '/oauth/access_token', '/api/whoami']) {
    for (const status of [301, 302, 307, 308]) {
      const host = await pump(t, { [path]: (_, response) => { response.writeHead(status, { location: `${elsewhere}/api/user/a/profile` }).end() } })
      const error = await failure(connect(t, host))
      t.match(error.verdict.kind, /^(rejected|malformed)$/, `${path} ${status}: ${error.message}`)
      t.match(error.message, /redirects/)
    }
  }
  t.same(visits, [])
})

t.test('stops reading an answer without end, whoever gives it', async (t) => {
  for (const path of ['/.well-known/host-meta.json', '/api/client/register', '/oauth/request_token', '/oauth/access_token', '/api/whoami']) {
    let sent = 0
    const host = await pump(t, { [path]: (_, response) => { pour(response, (bytes) => { sent += bytes }) } })
    const error = await failure(connect(t, host))
    t.match(error.verdict, { kind: 'malformed', reason: 'answer too large' }, path)
    t.ok(sent < 16_000_000, `${path}: left after ${sent} of 10,000,000,000 bytes`)
  }
})

t.test('gives a stranger ten seconds for every answer, however it drips', async (t) => {
  for (const [path, begun] of [['/.well-known/host-meta.json', 'HTTP/1.1 200 OK\r\n\r\n{"links":'], ['/', 'HTTP/1.1 200 OK\r\nx-slow: ']] as const) {
    const url = await wire(t, (socket) => { drip(socket, begun) })
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
    t.match(error.verdict, { kind: 'transient', reason: 'no whole answer in time' }, path)
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

function drip (socket: Socket, begun: string): void {
  socket.write(begun)
  const timer = setInterval(() => socket.write('.'), 5)
  socket.once('close', () => clearInterval(timer))
}

/** The guarded way out, with a name server that knows one address. */
function resolving (t: Test, address: string): Http {
  const names = ((_: string, __: object, done: (error: null, found: object[]) => void) =>
    done(null, [{ address, family: address.includes(':') ? 6 : 4 }])) as unknown as typeof lookup
  const agent = new Agent({ connect: createGuardedConnector(createGuard([]), 2_000, names) })
  const terms = { timeoutMs: 5_000, headersTimeoutMs: 5_000, maxResponseBytes: 1_000 }
  const http: Http = {
    request: (request, signal) => exchange(agent, new URL(request.url), request, terms, signal),
    close: () => agent.close()
  }
  t.teardown(() => http.close())
  return http
}
