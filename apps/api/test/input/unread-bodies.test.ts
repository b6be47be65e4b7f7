import t from 'tap'
import { until } from '@carillon/testing'
import { maxDrainedBytes } from '../../src/input/unread-bodies.ts'
import { at, openTestApi } from '../open-api.ts'
import { openRaw } from '../send-raw.ts'

const api = await openTestApi(t, { offer: ['pushbullet', 'pumpio', 'blotre', 'facebook'] })
const token = await api.makeKey()
const user = await api.makeUser('ann')

const contract = Object.entries(at((await api.ask('GET', '/openapi.json')).body, 'paths') ?? {}).flatMap(([path, methods]) =>
  Object.keys(Object(methods)).map((method) => `${method.toUpperCase()} ${path.replace('{*}', 'v2/me').replace(/\{\w+\}/g, 'x')}`))
const pages = ['POST /connect/pushbullet/start', 'POST /connect/blotre/redeem', 'PUT /connect', 'GET /connect', 'GET /healthz', 'POST /docs', 'GET /docs/']
const nowhere = ['POST /', 'PUT /nowhere', 'POST /v1', 'PATCH /v1/nowhere', 'DELETE /v1/connections', 'GET /v1/nowhere', 'OPTIONS /v1/nowhere']

/** The head of a request with a body of 1 MiB, and the first bytes of the body. The rest is never sent. */
function begin (line: string, headers: Record<string, string> = {}): string {
  const all = { host: 'api', 'content-type': 'application/json', 'content-length': '1048576', ...headers }
  return `${line} HTTP/1.1\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n{"a":`
}

t.test('refuses a request without valid credentials before its body arrives, at every URL', async (t) => {
  t.ok(contract.length > 30)
  for (const line of [...contract, ...pages, ...nowhere]) {
    for (const headers of [{}, { authorization: 'Bearer ck_nonsense' }]) {
      const { status } = await (await openRaw(t, api.url, begin(line, headers))).response()
      const isPublic = !line.includes(' /v1')
      t.ok(isPublic || [401, 404, 405].includes(status), `${line} returns ${status}`)
    }
  }
})

t.test('does not read a body that the route does not accept, or that is too large', async (t) => {
  const calls = [
    ['POST /v1/user-tokens', 413], ['POST /v1/notifications/x/pause', 404], ['POST /v1/connections/x/test', 404], ['DELETE /v1/connections/x', 404],
    ['GET /v1/connections', 200], ['GET /v1/connections/x/proxy/v2/me', 404], ['PUT /v1/connections/x/proxy/v2/me', 404], ['POST /v1/nowhere', 404],
    ['PUT /v1/user-tokens', 405]
  ] as const
  for (const [line, status] of calls) {
    const headers = { authorization: `Bearer ${token}` }
    t.equal((await (await openRaw(t, api.url, begin(line, headers))).response()).status, status, line)
  }
  const redeem = await openRaw(t, api.url, begin('POST /v1/handshakes/x/redeem', { authorization: `Bearer ${user}` }))
  t.equal((await redeem.response()).status, 404)
})

t.test('reuses the connection after a refused body has arrived', async (t) => {
  const connection = await openRaw(t, api.url, begin('POST /v1/user-tokens'))
  t.equal((await connection.response()).status, 401)
  connection.socket.write(Buffer.alloc(1_048_576 - 5, ' '))
  connection.socket.write('GET /healthz HTTP/1.1\r\nhost: api\r\n\r\n')
  t.match(await connection.response(), { status: 200, body: '{"status":"ok"}' })
})

t.test('closes the connection after the response when the body exceeds the limit', async (t) => {
  const chunked = begin('POST /v1/notifications', { 'content-length': '' }).replace('content-length: \r\n', 'transfer-encoding: chunked\r\n').replace('{"a":', '')
  const connection = await openRaw(t, api.url, chunked)
  t.equal((await connection.response()).status, 401)
  const piece = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, ' '), Buffer.from('\r\n')])
  let sent = 0
  await until(() => {
    if (!connection.isClosed() && connection.socket.writableLength === 0) {
      connection.socket.write(piece)
      sent += piece.length
    }
    return connection.isClosed()
  }, { everyMs: 1, what: 'the end of the connection' })
  // The kernel buffers some of the written bytes.
  t.ok(sent >= maxDrainedBytes && sent < 16 * 1024 * 1024, `the server received ${sent} bytes`)
})

t.test('refuses a body during its transfer, as soon as it is too large or has too many values', async (t) => {
  const headers = { authorization: `Bearer ${token}`, 'content-length': '12582912' }
  const batch = await openRaw(t, api.url, begin('POST /v1/notifications/batch', headers))
  batch.socket.write(`[${'{},'.repeat(250_000)}`)
  const refused = await batch.response()
  t.equal(refused.status, 400)
  t.match(JSON.parse(refused.body), { code: 'invalidInput', errors: [{ path: '', message: 'has more than 200000 values, which is the limit of this call' }] })

  const chunked = await openRaw(t, api.url, begin('POST /v1/user-tokens', { authorization: `Bearer ${token}`, 'content-length': '' })
    .replace('content-length: \r\n', 'transfer-encoding: chunked\r\n').replace('{"a":', '5\r\n{"a":\r\n'))
  chunked.socket.write(`20000\r\n${' '.repeat(0x20000)}\r\n`)
  t.equal((await chunked.response()).status, 413)
})
