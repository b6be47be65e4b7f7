import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import t from 'tap'
import { createEndpointClient } from '../../src/endpoints/index.ts'
import { newWebhookSecret } from '../../src/webhooks/index.ts'

interface Received {
  headers: IncomingMessage['headers']
  body: string
}

const received: Received[] = []
const latest = (): Received => received.at(-1) ?? { headers: {}, body: '' }
let respond = (_request: Received, response: ServerResponse): unknown => response.end()
const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString()
  received.push({ headers: request.headers, body })
  respond({ headers: request.headers, body }, response)
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
t.teardown(() => { server.close().closeAllConnections() })
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`

const refused: string[] = []
const options = { allowPrivateHosts: [], now: Date.now, onRefused: (host: string) => { refused.push(host) }, timeoutMs: 5_000 }
const client = createEndpointClient({ ...options, allowsLoopback: true })
t.teardown(() => client.close())
const secret = newWebhookSecret()
const request = { url, id: 'evt_1', body: '{"type":"endpoint.test"}', secrets: [secret] }
const verified = (secret: string, headers: IncomingMessage['headers'], body: string) => new Webhook(secret).verify(body, Object.fromEntries(
  Object.entries(headers).map(([name, value]) => [name, String(value)])))

t.test('signs so that the library of Standard Webhooks verifies it, with every secret', async (t) => {
  const other = newWebhookSecret()
  t.match(await client.send({ ...request, secrets: [secret, other] }), { status: 200, error: null })
  const { headers, body } = latest()
  t.equal(headers['webhook-id'], 'evt_1')
  for (const valid of [secret, other]) t.same(verified(valid, headers, body), { type: 'endpoint.test' })
  t.throws(() => verified(newWebhookSecret(), headers, body), 'with a wrong secret')
  t.throws(() => verified(secret, headers, body.replace('test', 'tost')), 'with a changed body')
})

t.test('an old request is refused by the receiver', async (t) => {
  const late = createEndpointClient({ ...options, allowsLoopback: true, now: () => Date.now() - 301_000 })
  t.teardown(() => late.close())
  await late.send(request)
  const { headers, body } = latest()
  t.throws(() => verified(secret, headers, body), { message: /timestamp/ })
})

t.test('keeps the start of an error on one line, without what identifies the request', async (t) => {
  respond = ({ headers, body }, response) => {
    response.statusCode = 500
    response.end(`<b>\u0007Oops\n\n${JSON.stringify(headers)}</b> ${secret} ${body} ${'x'.repeat(10_000)}`)
  }
  const { status, error } = await client.send(request)
  t.equal(status, 500)
  t.match(error, /^<b> Oops \{/)
  t.ok((error?.length ?? 0) <= 300)
  const { headers: { 'webhook-signature': signature = '' } } = latest()
  for (const hidden of [secret, secret.slice(6), String(signature), String(signature).slice(3)]) t.notOk(error?.includes(hidden))
})

t.test('reports when the endpoint wants the next request', async (t) => {
  respond = (_request, response) => response.writeHead(503, { 'retry-after': '120' }).end()
  t.match(await client.send(request), { status: 503, error: 'no text', retryAfterMs: 120_000 })
})

t.test('follows no redirect', async (t) => {
  respond = (_request, response) => response.writeHead(302, { location: '/other' }).end()
  const count = received.length
  t.match(await client.send(request), { status: 302, error: 'redirects are not followed' })
  t.equal(received.length, count + 1)
})

t.test('waits for a response only for the timeout', async (t) => {
  const hasty = createEndpointClient({ ...options, allowsLoopback: true, timeoutMs: 50 })
  t.teardown(() => hasty.close())
  respond = () => {}
  t.match(await hasty.send(request), { status: null, error: 'no complete response in time' })
})

t.test('an abort of ours says nothing about the endpoint', async (t) => {
  const stopping = new AbortController()
  respond = () => stopping.abort()
  t.match(await client.send(request, stopping.signal), { status: null, isAborted: true })
})

t.test('sends nothing to hosts that are not public, unless the operator allows them', async (t) => {
  const strict = createEndpointClient({ ...options, allowsLoopback: false })
  t.teardown(() => strict.close())
  const count = received.length
  for (const blocked of [url, url.replace('127.0.0.1', '[::ffff:127.0.0.1]'), 'https://169.254.169.254/', 'https://10.0.0.7/']) {
    t.match(await strict.send({ ...request, url: blocked }), { status: null, error: 'the host is not public' }, blocked)
  }
  t.ok(refused.includes('127.0.0.1'), 'the operator learns of it')
  t.equal(received.length, count)
  const allowed = createEndpointClient({ ...options, allowPrivateHosts: ['127.0.0.1'], allowsLoopback: false })
  t.teardown(() => allowed.close())
  respond = (_request, response) => response.end()
  t.match(await allowed.send(request), { status: 200 })
})

t.test('knows which URLs an endpoint may have', async (t) => {
  const strict = createEndpointClient({ ...options, allowPrivateHosts: ['shop', '10.1.0.0/16'], allowsLoopback: false })
  t.teardown(() => strict.close())
  for (const valid of ['https://shop.example/hook?a=b', 'https://shop.example:8443/', 'http://shop:3000/hook', 'http://10.1.2.3/']) {
    t.equal(strict.findUrlFault(valid), undefined, valid)
  }
  t.equal(client.findUrlFault('http://localhost:3000/hook'), undefined)
  t.equal(client.findUrlFault('http://[::1]:3000/hook'), undefined)
  for (const [invalid, fault] of [
    ['http://shop.example/', 'must use https'], ['http://93.184.216.34/', 'must use https'], ['http://localhost:3000/', 'must use https'],
    ['https://shop.example/#x', 'must not have a fragment'], ['https://a:b@shop.example/', 'must not contain a user name or a password'],
    ['ftp://shop.example', 'must start with http:// or https:// and a host']
  ] as const) t.equal(strict.findUrlFault(invalid), fault, invalid)
})
