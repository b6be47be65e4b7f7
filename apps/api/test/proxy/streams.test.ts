import { once } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { request as httpRequest } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { until } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { openProxied } from './open-proxied.ts'

const proxied = await openProxied(t)
const mebibyte = 1024 * 1024

t.test('forwards a large body during its upload, no faster than the provider reads it', async (t) => {
  const id = await proxied.open()
  let arrived = 0
  let taking: (() => void) | undefined
  handle(t, async (request, response) => {
    request.pause()
    await new Promise<void>((resolve) => { taking = resolve })
    for await (const chunk of request) arrived += chunk.length
    response.end(String(arrived))
  })
  const client = ask(id, '/upload', 'POST')
  const before = process.memoryUsage().arrayBuffers
  const writing = writeAll(client, 31 * mebibyte).then(() => 'all')
  await until(() => taking !== undefined, { what: 'the provider, who sees the request before the body is whole' })
  // No event reports that the transfer has stopped.
  t.equal(await Promise.race([writing, delay(1_500, 'stuck')]), 'stuck', 'the caller must wait')
  t.ok(process.memoryUsage().arrayBuffers - before < 60 * mebibyte)
  taking?.()
  await writing
  t.equal(Number((await answerOf(client)).text), 31 * mebibyte)
})

t.test('reads a response no faster than the caller', async (t) => {
  const id = await proxied.open()
  let sent = 0
  handle(t, async (_request, response) => {
    await pipeline(pieces, response)
  })
  async function * pieces () {
    for (; sent < 64 * mebibyte; sent += mebibyte / 4) yield Buffer.alloc(mebibyte / 4)
  }
  const client = ask(id, '/download')
  client.end()
  const [answer] = await once(client, 'response') as [IncomingMessage]
  answer.pause()
  let last = -1
  await until(() => {
    const still = sent === last
    last = sent
    return still && sent > 0
  }, { everyMs: 300 })
  t.ok(sent < 40 * mebibyte, `the provider must wait after ${sent} bytes`)
  let size = 0
  for await (const chunk of answer) size += chunk.length
  t.equal(size, 64 * mebibyte)
})

t.test('aborts the request to the provider when the caller disconnects', async (t) => {
  const id = await proxied.open()
  let left = 0
  let here = 0
  handle(t, (request, response) => {
    here++
    // Emitted once, however much of the response was sent.
    response.on('close', () => { left++ })
    if (request.url === '/answering') response.write('begun')
    request.resume()
  })
  for (const path of ['/waiting', '/answering']) {
    here = 0
    left = 0
    const client = ask(id, path)
    client.end()
    if (path === '/answering') await once(client, 'response')
    await until(() => here === 1)
    client.destroy()
    await until(() => left === 1, { what: path })
  }
  here = 0
  left = 0
  const client = ask(id, '/sending', 'POST')
  await writeAll(client, 3 * mebibyte)
  await until(() => here === 1)
  client.destroy()
  await until(() => left === 1)
  t.pass()
})

t.test("aborts its own response where the provider's response ends early", async (t) => {
  const id = await proxied.open()
  handle(t, async (request, response) => {
    if (request.url === '/sized') response.setHeader('content-length', 1_000_000)
    if (request.url === '/refused') response.statusCode = 400
    response.write('x'.repeat(request.url === '/refused' ? 100_000 : 1_000))
    await delay(50)
    response.socket?.destroy()
  })
  for (const path of ['/chunked', '/sized', '/refused']) {
    const client = ask(id, path)
    client.end()
    await t.rejects(answerOf(client), { code: 'ECONNRESET' }, path)
  }
})

t.test('reports an incomplete refusal whose cause cannot be read', async (t) => {
  const id = await proxied.open()
  handle(t, (_request, response) => {
    response.writeHead(401, { 'content-length': 100 }).write('exp')
    setTimeout(() => { response.socket?.destroy() }, 50)
  })
  const client = ask(id, '/')
  client.end()
  const { status, text } = await answerOf(client)
  t.match([status, JSON.parse(text)], [502, { code: 'providerUnavailable' }])
})

t.test('returns responses without a body unchanged', async (t) => {
  const id = await proxied.open()
  handle(t, (request, response) => {
    if (request.url === '/204') response.writeHead(204, { etag: '"1"' }).end()
    else if (request.url === '/304') response.writeHead(304, { etag: '"1"', 'content-length': '17' }).end()
    else if (request.url === '/205') response.writeHead(205).end()
    else response.writeHead(200, { 'content-length': '17', etag: '"1"', allow: 'GET' }).end()
  })
  for (const status of [204, 304, 205]) {
    const client = ask(id, `/${status}`)
    client.end()
    const answer = await answerOf(client)
    t.match(answer, { status, text: '' })
    t.notOk('transfer-encoding' in answer.headers && status !== 205, String(status))
    if (status !== 205) t.equal(answer.headers.etag, '"1"')
  }
  const head = ask(id, '/head', 'HEAD')
  head.end()
  t.match(await answerOf(head), { status: 200, text: '', headers: { 'content-length': '17', etag: '"1"' } })
})

t.test('forwards OPTIONS requests', async (t) => {
  const id = await proxied.open()
  const seen: unknown[] = []
  handle(t, (request, response) => {
    seen.push([request.method, request.url])
    response.writeHead(204, { allow: 'GET, OPTIONS' }).end()
  })
  const client = ask(id, '/some?where', 'OPTIONS')
  client.end()
  t.match(await answerOf(client), { status: 204, headers: { allow: 'GET, OPTIONS' } })
  t.same(seen, [['OPTIONS', '/some?where']])
})

t.test('forwards a chunked body without a length completely', async (t) => {
  const id = await proxied.open()
  const seen: Array<{ length: unknown, encoding: unknown, body: string }> = []
  handle(t, async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    seen.push({ length: request.headers['content-length'], encoding: request.headers['transfer-encoding'], body })
    response.end()
  })
  const client = ask(id, '/', 'PATCH')
  for (const piece of ['on', 'e ', 'two']) {
    client.write(piece)
    await delay(20)
  }
  client.end()
  await answerOf(client)
  const large = ask(id, '/', 'PATCH')
  await writeAll(large, 2 * mebibyte)
  large.end()
  await answerOf(large)
  t.match(seen, [{ length: '7', body: 'one two' }, { length: undefined, encoding: 'chunked' }])
  t.equal(seen[1]?.body.length, 2 * mebibyte)
})

function handle (t: Test, handler: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>): void {
  const listener: RequestListener = (request, response) => { Promise.resolve(handler(request, response)).catch(() => {}) }
  proxied.state.handle = listener
  t.teardown(() => { proxied.state.handle = undefined })
}

function ask (id: string, path: string, method = 'GET') {
  const client = httpRequest(`${proxied.api.url}/v1/connections/${id}/proxy${path}`, {
    method, agent: false, headers: { authorization: `Bearer ${proxied.key}` }
  })
  client.on('error', () => {})
  return client
}

type Client = ReturnType<typeof ask>

async function writeAll (client: Client, size: number): Promise<void> {
  for (let written = 0; written < size; written += mebibyte / 4) {
    if (!client.write(Buffer.alloc(mebibyte / 4))) await once(client, 'drain')
  }
}

async function answerOf (client: Client) {
  client.end()
  const [answer] = await once(client, 'response') as [IncomingMessage]
  let text = ''
  for await (const chunk of answer) text += chunk
  return { status: answer.statusCode, headers: answer.headers, text }
}
