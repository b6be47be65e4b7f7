import t from 'tap'
import { Carillon, CarillonError, isCarillonError } from '../../src/index.ts'
import type { NotificationRequest } from '../../src/index.ts'
import { json, problem, serve } from '../serve.ts'

const note: NotificationRequest = { audience: { userIds: ['ann'] }, message: { type: 'note', title: 'Hello' } }

t.test('sends the key, JSON, and a new Idempotency-Key with every POST', async (t) => {
  const { url, received } = await serve(t, json(202, { id: 'ntf_1' }))
  const carillon = new Carillon({ apiKey: 'ck_1', baseUrl: `${url}/` })
  t.match(await carillon.notifications.send(note), { id: 'ntf_1' })
  await carillon.notifications.send(note)
  await carillon.notifications.send(note, { idempotencyKey: 'order-17' })
  await carillon.notifications.get('ntf/1')
  const [first, second, third, last] = received
  t.match(first, { method: 'POST', url: '/v1/notifications', body: JSON.stringify(note), headers: { authorization: 'Bearer ck_1', 'content-type': 'application/json' } })
  t.match(first?.headers['idempotency-key'], /^[0-9a-f]{32}$/)
  t.not(second?.headers['idempotency-key'], first?.headers['idempotency-key'])
  t.equal(third?.headers['idempotency-key'], 'order-17')
  t.match(last, { method: 'GET', url: '/v1/notifications/ntf%2F1' })
  t.equal(last?.headers['idempotency-key'], undefined)
})

t.test('repeats a request with the same key and body until it succeeds', async (t) => {
  const retryAtOnce = { headers: { 'retry-after': '0' } }
  const { url, received } = await serve(t,
    (response) => { response.socket?.destroy() },
    problem(503, 'unavailable', retryAtOnce),
    // The connection breaks within the body.
    (response) => { response.writeHead(202, { 'content-length': '100' }).write('{"id":', () => { response.socket?.destroy() }) },
    json(202, { id: 'ntf_1' }, { 'idempotency-replayed': 'true' }))
  t.match(await new Carillon({ apiKey: 'ck_1', baseUrl: url }).notifications.send(note), { id: 'ntf_1' })
  t.equal(received.length, 4)
  t.equal(new Set(received.map(({ headers }) => headers['idempotency-key'])).size, 1)
  t.same(new Set(received.map(({ body }) => body)), new Set([JSON.stringify(note)]))
})

t.test('stops after maxRetries, and throws the last error', async (t) => {
  const { url, received } = await serve(t, problem(429, 'tooManyRequests', { headers: { 'retry-after': '0' } }))
  const carillon = new Carillon({ apiKey: 'ck_1', baseUrl: url, maxRetries: 1 })
  await t.rejects(carillon.notifications.send(note), { name: 'CarillonError', code: 'tooManyRequests', status: 429 })
  t.equal(received.length, 2)
})

t.test('the signal ends a request, and the wait before it is repeated', async (t) => {
  const waiting = await serve(t, problem(503, 'busy', { headers: { 'retry-after': '30' } }))
  const silent = await serve(t, () => {})
  for (const { url, received } of [waiting, silent]) {
    const leave = new AbortController()
    const call = new Carillon({ apiKey: 'ck_1', baseUrl: url }).notifications.send(note, { signal: leave.signal })
    const ended = t.rejects(call, { message: 'the user left' })
    while (received.length === 0) await new Promise((resolve) => { setImmediate(resolve) })
    leave.abort(new Error('the user left'))
    await ended
    t.equal(received.length, 1)
  }
})

t.test('an error has the fields of the problem', async (t) => {
  const errors = [{ path: 'message.title', message: 'is required' }]
  const { url } = await serve(t, problem(400, 'invalidInput', { errors, headers: { 'x-request-id': 'req-1' } }), problem(409, 'wrongStatus', { reason: 'completed' }))
  const carillon = new Carillon({ apiKey: 'ck_1', baseUrl: url })
  const error: unknown = await carillon.notifications.send(note).catch((error: unknown) => error)
  t.ok(error instanceof CarillonError)
  t.match(error, { message: 'It is invalidInput', detail: 'It is invalidInput', code: 'invalidInput', status: 400, errors, requestId: 'req-1' })
  t.ok(isCarillonError(error, 'notFound', 'invalidInput'))
  t.notOk(isCarillonError(error, 'notFound'))
  t.notOk(isCarillonError(new Error('another')))
  await t.rejects(carillon.notifications.pause('ntf_1'), { code: 'wrongStatus', reason: 'completed', requestId: '1f', errors: [] })
})

t.test('says what is wrong when no Carillon responds', async (t) => {
  const { url } = await serve(t,
    (response) => { response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>') },
    (response) => { response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>') })
  const carillon = new Carillon({ apiKey: 'ck_1', baseUrl: url, maxRetries: 0 })
  await t.rejects(carillon.providers.list(), { code: 'unexpectedResponse', status: 404, message: /baseUrl/ })
  await t.rejects(carillon.providers.list(), { code: 'unexpectedResponse', message: /baseUrl/ })
  const silent = await serve(t, () => {})
  await t.rejects(new Carillon({ apiKey: 'ck_1', baseUrl: silent.url, maxRetries: 0, timeoutMs: 50 }).providers.list(), { code: 'timeout', status: undefined })
  const gone = await serve(t, (response) => { response.socket?.destroy() })
  await t.rejects(new Carillon({ apiKey: 'ck_1', baseUrl: gone.url, maxRetries: 0 }).providers.list(), { code: 'connectionFailed', message: `Cannot reach ${gone.url}` })
  t.throws(() => new Carillon({ apiKey: '', baseUrl: url }), /apiKey is missing/)
  t.throws(() => new Carillon({ apiKey: 'ck_1', baseUrl: 'notify' }), /baseUrl must be the URL/)
})

t.test('a list requests its pages as the caller iterates', async (t) => {
  const page = (ids: string[], nextCursor: string | null) => json(200, { data: ids.map((id) => ({ id })), nextCursor })
  const { url, received } = await serve(t, page(['1', '2'], 'a b'), page([], 'c'), page(['3'], null), page(['1', '2'], 'a b'), page(['3'], null))
  const list = new Carillon({ apiKey: 'ck_1', baseUrl: url }).connections.list({ userId: 'ann', limit: 2 })
  t.equal(received.length, 0)
  const ids: string[] = []
  for await (const { id } of list) ids.push(id)
  t.same(ids, ['1', '2', '3'])
  t.same(received.map(({ url }) => url), [
    '/v1/connections?userId=ann&limit=2', '/v1/connections?userId=ann&limit=2&cursor=a%20b', '/v1/connections?userId=ann&limit=2&cursor=c'
  ])
  for await (const { id } of list) if (id === '2') break
  t.equal(received.length, 4, 'a caller who leaves the loop causes no further request')
  t.match(await list.page('a b'), { data: [{ id: '3' }], nextCursor: null })
})
