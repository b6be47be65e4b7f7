import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import t from 'tap'
import { at, openTestApi, textAt } from '../../open-api.ts'

const api = await openTestApi(t)
const token = await api.makeKey('endpoints:write')

const requests: Array<{ headers: Record<string, string>, body: string }> = []
let status = 204
let onRequest = async (): Promise<void> => {}
const server = createServer(async (request, response) => {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
  requests.push({ headers, body: Buffer.concat(await request.toArray()).toString() })
  await onRequest()
  response.writeHead(status).end(status === 204 ? '' : 'closed for today')
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
t.teardown(() => { server.close().closeAllConnections() })
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`

const latest = (): typeof requests[number] => requests.at(-1) ?? { headers: {}, body: '' }
const create = (body: object, headers = {}) => api.ask('POST', '/v1/endpoints', { token, body, headers })

t.test('creates an endpoint, whose secret only this response contains', async (t) => {
  const { status, body } = await create({ url: 'https://SHOP.example/hook', description: 'The shop', events: ['*'] })
  t.equal(status, 201)
  t.match(body, { id: /^end_/, url: 'https://shop.example/hook', events: ['*'], enabled: true, status: 'enabled', statusReason: null, secret: /^whsec_/ })
  const read = await api.ask('GET', `/v1/endpoints/${textAt(body, 'id')}`, { token })
  const { secret, ...rest } = Object(body)
  t.same(read.body, rest)
  t.match((await api.ask('GET', '/v1/endpoints', { token })).body, { data: [rest], nextCursor: null })
  const [row] = await api.database.sql`select secrets from endpoints`
  t.notMatch(row?.['secrets'], secret)
  t.notMatch(api.logLines.join(''), secret)
})

t.test('the same Idempotency-Key creates one endpoint with one secret', async (t) => {
  const headers = { 'idempotency-key': 'shop-1' }
  const first = await create({ url, events: ['*'] }, headers)
  const second = await create({ url, events: ['*'] }, headers)
  t.same(second.body, first.body)
})

t.test('names what is wrong with a URL or a description', async (t) => {
  const { status, body } = await create({ url: 'http://shop.example/', description: 'a\u202eb', events: ['*'] })
  t.equal(status, 400)
  t.match(at(body, 'errors'), [{ path: 'url', message: /^must use https/ }, { path: 'description' }])
})

t.test('an unknown endpoint is not found', async (t) => {
  const id = 'end_01890000-0000-7000-8000-000000000000'
  for (const [method, path] of [
    ['GET', `/${id}`], ['PATCH', `/${id}`], ['DELETE', `/${id}`], ['POST', `/${id}/rotate-secret`], ['POST', `/${id}/test`],
    ['GET', `/${id}/attempts`], ['GET', '/end_x']
  ] as const) {
    const answer = await api.ask(method, `/v1/endpoints${path}`, { token, ...method === 'PATCH' && { body: {} } })
    t.match(answer, { status: 404, body: { code: 'notFound' } }, `${method} ${path}`)
  }
})

t.test('a disabled endpoint says why, and what to do', async (t) => {
  const id = textAt((await create({ url, events: ['*'], enabled: false })).body, 'id')
  const read = async () => (await api.ask('GET', `/v1/endpoints/${id}`, { token })).body
  t.match(await read(), { enabled: false, status: 'disabled', statusReason: /Enable it/ })
  const change = (body: object) => api.ask('PATCH', `/v1/endpoints/${id}`, { token, body })
  t.match((await change({ enabled: true, description: null })).body, { enabled: true, status: 'enabled', statusReason: null, disabledAt: null })

  const uuid = id.slice('end_'.length)
  await api.database.sql`update endpoints set failing_since = '2026-01-01T00:00:00Z', failure = '500 oops' where id = ${uuid}`
  t.match(await read(), { status: 'failing', statusReason: /since 2026-01-01T00:00:00.000Z failed.*500 oops/ })
  await api.database.sql`update endpoints set disabled_at = now(), disabled_reason = 'failing' where id = ${uuid}`
  t.match(await read(), { status: 'disabled', statusReason: /five days/ })
  t.match((await change({ enabled: true })).body, { status: 'enabled', failingSince: null })
  t.equal((await api.ask('DELETE', `/v1/endpoints/${id}`, { token })).status, 204)
  t.equal((await api.ask('DELETE', `/v1/endpoints/${id}`, { token })).status, 404)
})

t.test('disabling an endpoint cancels what waits for it', async (t) => {
  const id = textAt((await create({ url, events: ['*'] })).body, 'id')
  const uuid = id.slice('end_'.length)
  await api.database.sql`insert into endpoint_deliveries (endpoint_id, event_id, state, next_attempt_at) values (${uuid}, ${uuid}, 'pending', now())`
  await api.ask('PATCH', `/v1/endpoints/${id}`, { token, body: { enabled: false } })
  t.match(await api.database.sql`select state, next_attempt_at from endpoint_deliveries`, [{ state: 'canceled', next_attempt_at: null }])
})

t.test('a test sends a signed event now, and responds with what came back', async (t) => {
  const { body } = await create({ url, events: ['*'], enabled: false })
  const [id, secret] = [textAt(body, 'id'), textAt(body, 'secret')]
  const test = () => api.ask('POST', `/v1/endpoints/${id}/test`, { token })
  const ok = await test()
  t.match(ok, { status: 200, body: { ok: true, eventId: /^evt_/, status: 204, error: null } })
  const { headers, body: sent } = latest()
  t.match(new Webhook(secret).verify(sent, headers), { type: 'endpoint.test', data: { endpointId: id } })
  t.equal(headers['webhook-id'], textAt(ok.body, 'eventId'))

  status = 503
  t.match(await test(), { status: 200, body: { ok: false, status: 503, error: 'closed for today' } })
  status = 204
  const attempts = (query = '') => api.ask('GET', `/v1/endpoints/${id}/attempts${query}`, { token })
  t.match((await attempts()).body, { data: [{ outcome: 'failed', status: 503 }, { outcome: 'succeeded', eventId: at(ok.body, 'eventId') }] })
  t.match((await attempts('?outcome=failed')).body, { data: [{ outcome: 'failed' }], nextCursor: null })
  t.match((await attempts(`?eventId=${textAt(ok.body, 'eventId')}`)).body, { data: [{ outcome: 'succeeded' }], nextCursor: null })
  const page = await attempts('?limit=1')
  t.match((await attempts(`?limit=1&cursor=${textAt(page.body, 'nextCursor')}`)).body, { data: [{ outcome: 'succeeded' }], nextCursor: null })
})

t.test('an endpoint that is deleted during its test is not found', async (t) => {
  const id = textAt((await create({ url, events: ['*'] })).body, 'id')
  onRequest = async () => { await api.database.sql`delete from endpoints where id = ${id.slice('end_'.length)}` }
  t.match(await api.ask('POST', `/v1/endpoints/${id}/test`, { token }), { status: 404, body: { code: 'notFound' } })
  onRequest = async () => {}
})

t.test('for a day after a rotation, both secrets verify', async (t) => {
  const { body } = await create({ url, events: ['*'] })
  const id = textAt(body, 'id')
  const rotated = await api.ask('POST', `/v1/endpoints/${id}/rotate-secret`, { token })
  const secrets = [textAt(rotated.body, 'secret'), textAt(body, 'secret')]
  t.not(secrets[0], secrets[1])
  const valid = async () => {
    await api.ask('POST', `/v1/endpoints/${id}/test`, { token })
    const { headers, body: sent } = latest()
    const { 'webhook-id': eventId = '', 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers
    // The receiver's clock is not ahead, so only the signatures are compared.
    return secrets.map((secret) =>
      signatures?.split(' ').includes(new Webhook(secret).sign(eventId, new Date(Number(timestamp) * 1_000), sent)))
  }
  t.same(await valid(), [true, true])
  api.advance(24 * 3_600_000 + 1_000)
  t.same(await valid(), [true, false])
})

t.test('sends an event again to one endpoint or to all, and shows who receives it', async (t) => {
  await api.database.sql`delete from endpoints`
  const eventId = 'evt_01890000-0000-7000-8000-000000000001'
  const resend = (body: object, id = eventId) => api.ask('POST', `/v1/events/${id}/resend`, { token, body })
  t.match(await resend({}), { status: 404, body: { code: 'notFound' } })
  await api.database.sql`insert into events (id, type, provider) values (${eventId.slice(4)}, 'provider.resumed', 'pushbullet')`
  const all = textAt((await create({ url, events: ['*'] })).body, 'id')
  const other = textAt((await create({ url, events: ['pull.failed'] })).body, 'id')
  const off = textAt((await create({ url, events: ['*'], enabled: false })).body, 'id')
  t.match(await resend({}), { status: 202, body: { data: [{ endpointId: all, state: 'pending', attempts: 0, nextAttemptAt: String }] } })
  t.match((await resend({ endpointId: other })).body, { data: [{ endpointId: all }, { endpointId: other, state: 'pending' }] })
  t.match(await resend({ endpointId: off }), { status: 409, body: { code: 'endpointDisabled' } })
  t.match(await resend({ endpointId: 'end_x' }), { status: 404 })
  const listed = await api.ask('GET', `/v1/events/${eventId}/deliveries`, { token })
  t.match(listed, { status: 200, body: { data: [{ endpointId: all }, { endpointId: other }] } })
})

t.test('refuses one endpoint too many', async (t) => {
  const [row] = await api.database.sql`select count(*)::int as count from endpoints`
  for (let count = row?.['count']; count < 50; count++) t.equal((await create({ url, events: ['*'] })).status, 201)
  t.match(await create({ url, events: ['*'] }), { status: 409, body: { code: 'endpointLimit' } })
})
