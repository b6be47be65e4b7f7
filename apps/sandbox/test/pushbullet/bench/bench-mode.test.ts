import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { until } from '@carillon/testing'
import t from 'tap'
import { openTestSandbox } from '../../open-test-sandbox.ts'
import type { TestSandbox } from '../../open-test-sandbox.ts'

const sandbox = await openTestSandbox(t, { bench: true })
const requestLine = 'POST /pushbullet/v2/pushes HTTP/1.1\r\nhost: bench\r\n'

async function counts ({ call }: TestSandbox): Promise<unknown> {
  return (await call('GET', '/_control/stats')).json['guids']
}

/** Sends each piece after the server has read the previous one. Returns all responses as text. */
async function talk (pieces: Array<string | Buffer>, responses: number): Promise<string> {
  const { port, hostname } = new URL(sandbox.url)
  const socket = connect({ port: Number(port), host: hostname, noDelay: true })
  let text = ''
  const done = (async () => {
    for await (const chunk of socket) {
      text += String(chunk)
      if (text.split('HTTP/1.1 ').length - 1 >= responses) break
    }
  })()
  for (const piece of pieces) {
    await new Promise((resolve) => socket.write(piece, resolve))
    await sandbox.call('GET', '/_control/stats')
  }
  await done
  socket.destroy()
  return text
}

function pushText (accessToken: string, guid: string, more: object = {}): string {
  const body = JSON.stringify({ type: 'note', guid, title: 'Grüße 🔔', ...more })
  return `${requestLine}access-token: ${accessToken}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

async function delay (medianMs: number): Promise<void> {
  await sandbox.call('POST', '/_control/pushbullet/latency', { body: { medianMs } })
}

t.beforeEach(async () => { await sandbox.call('DELETE', '/_control/pushbullet/tally') })

t.test('counts each guid once, counts repetitions, and keeps nothing', async (t) => {
  const { v2 } = await sandbox.join()
  const guids = Array.from({ length: 20 }, () => randomUUID())
  for (const guid of [...guids, ...guids.slice(0, 3)]) {
    t.match(await v2('POST', '/pushes', { body: { type: 'note', guid, title: 'Hi' } }), { status: 200, json: { guid, type: 'note', active: true } })
  }
  t.same(await counts(sandbox), { distinct: 20, repeated: 3 })
  t.same(await sandbox.inbox(), [])
})

t.test('returns the existing push for a repeated guid, and another push for another account', async (t) => {
  const [ann, bob] = [await sandbox.join(), await sandbox.join()]
  const push = { type: 'link', guid: 'same', url: 'https://site.example/' }
  const first = (await ann.v2('POST', '/pushes', { body: push })).json['iden']
  t.equal((await ann.v2('POST', '/pushes', { body: push })).json['iden'], first)
  const other = (await bob.v2('POST', '/pushes', { body: push })).json['iden']
  t.not(other, first)
  t.equal((await bob.v2('POST', '/pushes', { body: push })).json['iden'], other)
  t.same(await counts(sandbox), { distinct: 2, repeated: 2 })
})

t.test('refuses an unknown token, and a revoked one', async (t) => {
  const { v2, account } = await sandbox.join()
  const push = { type: 'note', guid: randomUUID() }
  t.match(await v2('POST', '/pushes', { body: push, headers: { 'access-token': 'o.unknown' } }), { status: 401, json: { error_code: 'invalid_access_token' } })
  await sandbox.call('POST', '/_control/tokens/revoke', { body: { provider: 'pushbullet', account } })
  t.match(await v2('POST', '/pushes', { body: push }), { status: 401 })
  t.same(await counts(sandbox), { distinct: 0, repeated: 0 })
})

t.test('refuses what Pushbullet refuses, and does not count it', async (t) => {
  const { v2 } = await sandbox.join()
  t.match(await v2('POST', '/pushes', { body: { type: 'nope', guid: 'a' } }), { status: 400, json: { error: { param: 'type' } } })
  t.match(await v2('POST', '/pushes', { body: '{', headers: { 'content-type': 'application/json' } }), { status: 400 })
  t.same(await counts(sandbox), { distinct: 0, repeated: 0 })
})

t.test('applies faults, and knows the guids from before and after', async (t) => {
  const { v2 } = await sandbox.join()
  const push = (guid: string) => v2('POST', '/pushes', { body: { type: 'note', guid } })
  await push('before')
  await sandbox.fault({ match: 'POST /v2/pushes', status: 503, times: 2 })
  t.equal((await push('during')).status, 503)
  t.equal((await push('before')).status, 503)
  t.equal((await push('before')).status, 200)
  t.equal((await push('during')).status, 200)
  await sandbox.call('DELETE', '/_control/faults')
  await push('during')
  t.same(await counts(sandbox), { distinct: 2, repeated: 2 })
})

t.test('reads requests in any pieces', async (t) => {
  const { accessToken } = await sandbox.join()
  const text = Buffer.from(pushText(accessToken, 'cut'))
  for (const at of [3, requestLine.length + 4, text.indexOf('\r\n\r\n') + 2, text.indexOf('\r\n\r\n') + 4, text.indexOf(0xf0) + 1]) {
    t.match(await talk([text.subarray(0, at), text.subarray(at)], 1), /^HTTP\/1\.1 200 /, `at ${at}`)
  }
  t.same(await counts(sandbox), { distinct: 1, repeated: 4 })
})

t.test('responds in order to several requests at once, and when the HTTP server takes over', async (t) => {
  const { accessToken } = await sandbox.join()
  const me = `GET /pushbullet/v2/users/me HTTP/1.1\r\nhost: bench\r\naccess-token: ${accessToken}\r\n\r\n`
  const text = await talk([pushText(accessToken, 'one') + pushText(accessToken, 'two') + me + pushText(accessToken, 'three')], 4)
  const order = [...text.matchAll(/"guid":"(\w+)"|"email"/g)].map(([, guid]) => guid ?? 'me')
  t.same(order, ['one', 'two', 'me', 'three'])
  t.same(await counts(sandbox), { distinct: 3, repeated: 0 })
})

t.test('counts a push when it arrives, and delays its response', async (t) => {
  const { accessToken } = await sandbox.join()
  await delay(60_000)
  const { port, hostname } = new URL(sandbox.url)
  const socket = connect({ port: Number(port), host: hostname })
  t.teardown(() => socket.destroy())
  let text = ''
  socket.on('data', (chunk) => { text += String(chunk) })
  socket.write(pushText(accessToken, 'one') + pushText(accessToken, 'two'))
  await until(async () => isDeepStrictEqual(await counts(sandbox), { distinct: 2, repeated: 0 }), { what: 'both pushes' })
  t.equal(text, '')
  // The HTTP server takes over, so the responses cannot wait any longer.
  socket.write(`GET /pushbullet/v2/users/me HTTP/1.1\r\nhost: bench\r\naccess-token: ${accessToken}\r\n\r\n`)
  await until(() => text.includes('"email"'), { what: 'the other response' })
  t.same([...text.matchAll(/"guid":"(\w+)"|"email"/g)].map(([, guid]) => guid ?? 'me'), ['one', 'two', 'me'])
  await delay(0)
})

t.test('keeps the order of delayed responses', async (t) => {
  const { accessToken } = await sandbox.join()
  await delay(10)
  const names = Array.from({ length: 50 }, (_, index) => `delayed${index}`)
  const text = await talk([names.map((name) => pushText(accessToken, name)).join('')], names.length)
  t.same([...text.matchAll(/"guid":"(\w+)"/g)].map(([, guid]) => guid), names)
  await delay(0)
})

t.test('refuses a latency that is not a number of milliseconds', async (t) => {
  for (const body of [{}, { medianMs: -1 }, { medianMs: '150' }, { medianMs: 150, slow: 1 }]) {
    t.match(await sandbox.call('POST', '/_control/pushbullet/latency', { body }), { status: 400 })
  }
})

t.test('passes other requests to the HTTP server', async (t) => {
  const { accessToken, account } = await sandbox.join()
  const body = '{"type":"note","guid":"chunked"}'
  const chunked = `${requestLine}Access-Token: ${accessToken}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n` +
    `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
  t.match(await talk([chunked], 1), /^HTTP\/1\.1 200 /)
  t.match(await talk([pushText(accessToken, 'to-mail', { email: `${account}@pushbullet.example` })], 1), /^HTTP\/1\.1 200 /)
  t.match(await talk(['nonsense\r\n\r\n'], 1), /^HTTP\/1\.1 400 /)
  t.same(await counts(sandbox), { distinct: 2, repeated: 0 })
})

t.test('reports when a push arrived, to callers before and after', async (t) => {
  const { v2 } = await sandbox.join()
  const asked = Date.now()
  const early = sandbox.call('GET', '/_control/pushbullet/arrivals/awaited')
  await v2('POST', '/pushes', { body: { type: 'note', guid: 'awaited' } })
  const late = await sandbox.call('GET', '/_control/pushbullet/arrivals/awaited')
  const { atMs } = (await early).json
  t.equal(late.json['atMs'], atMs)
  t.ok(Number(atMs) > asked - 50 && Number(atMs) < Date.now() + 50, 'by the clock of this machine')
})

t.test('counts the requests like any others', async (t) => {
  await sandbox.call('POST', '/_control/reset')
  const { v2 } = await sandbox.join()
  await v2('POST', '/pushes', { body: { type: 'note', guid: 'one' } })
  const { json } = await sandbox.call('GET', '/_control/stats')
  t.match(json['data'], [{ endpoint: 'POST /pushbullet/v2/pushes', requests: 1, answers: { 200: 1 } }])
})

t.test('is off by default', async (t) => {
  const plain = await openTestSandbox(t)
  const { v2 } = await plain.join()
  await v2('POST', '/pushes', { body: { type: 'note', guid: 'kept' } })
  t.equal((await plain.inbox()).length, 1)
  t.equal(await counts(plain), undefined)
})
