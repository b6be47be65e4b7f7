import { newId, publicId } from '@carillon/shared/db'
import { until } from '@carillon/testing'
import t from 'tap'
import { at, openTestApi } from './open-api.ts'

const api = await openTestApi(t, { offer: ['pushbullet', 'slack'] })
const { sql } = api.database
const token = await api.makeKey()
const note = (audience: object) => ({ audience, message: { type: 'note', title: 'Hello' } })
const linesWith = (id: string): Array<Record<string, unknown>> =>
  api.logLines.map((line) => JSON.parse(line)).filter(({ requestId }) => requestId === id)

t.test('returns the id that the caller chose with every response, or a new one', async (t) => {
  const { body: sent } = await api.ask('POST', '/v1/notifications', { token, body: note({ userIds: ['ann'] }) })
  const preflight = { origin: 'https://site.example', 'access-control-request-method': 'POST' }
  const calls: Array<[method: 'GET' | 'POST' | 'OPTIONS', path: string, status: number, body?: unknown, headers?: Record<string, string>]> = [
    ['GET', '/v1/providers', 200],
    ['GET', `/v1/notifications/${String(at(sent, 'id'))}/events`, 200],
    ['POST', '/v1/notifications', 202, note({ userIds: ['ann'] })],
    ['POST', '/v1/notifications', 400, {}],
    ['POST', '/v1/notifications', 400, '{'],
    ['OPTIONS', '/v1/handshakes', 204, undefined, preflight],
    ['GET', '/v1/nowhere', 404],
    ['GET', '/nowhere', 404],
    ['GET', '/v1/%zz', 400],
    ['GET', '/healthz', 200],
    ['GET', '/openapi.json', 200],
    ['GET', '/docs/', 200],
    ['GET', '/connect', 200],
    ['GET', '/connect/nowhere', 404],
    ['GET', '/u/unknown', 404],
    ['POST', '/inbound/slack', 401, {}]
  ]
  for (const [method, path, status, body, headers] of calls) {
    const what = `${method} ${path} ${status}`
    const id = `order-7/${newId()}`
    const given = await api.ask(method, path, { token, body, headers: { ...headers, 'x-request-id': id } })
    t.match(given, { status, headers: { 'x-request-id': id } }, what)
    if (String(given.headers['content-type']).startsWith('application/problem')) {
      t.match(given.body, { requestId: id, instance: `urn:request:order-7%2F${id.slice('order-7/'.length)}` }, what)
    }
    const other = await api.ask(method, path, { token, body, headers: headers ?? {} })
    t.match(other.headers['x-request-id'], /^[\da-f-]{36}$/, what)
  }
})

t.test('chooses a new id instead of one that is empty, too long, or not safe in a log line', async (t) => {
  for (const id of ['', 'x'.repeat(129), 'a b', 'a"b', 'a{b', 'ü', 'a,b']) {
    const { headers } = await api.ask('GET', '/healthz', { headers: { 'x-request-id': id } })
    t.match(headers['x-request-id'], /^[\da-f-]{36}$/, JSON.stringify(id))
  }
  const { headers } = await api.ask('GET', '/healthz', { headers: { 'x-request-id': 'x'.repeat(128) } })
  t.equal(headers['x-request-id'], 'x'.repeat(128))
})

t.test('logs the id in every line about the request, also in those of the shared code', async (t) => {
  await api.ask('POST', '/inbound/slack', { body: {}, headers: { 'x-request-id': 'inbound-1' } })
  t.match(linesWith('inbound-1').map(({ msg }) => msg), ['refused an inbound request', 'response sent'])
})

t.test('logs who called: the key or the user, and never the token', async (t) => {
  const user = await api.makeUser('bea')
  const [row] = await sql<Array<{ keyId: string, userId: string }>>`
    select (select id from api_keys order by id limit 1) as "keyId", (select id from users where external_id = 'bea') as "userId"`
  const lineOf = async (caller: string | undefined, path = '/v1/connections?userId=bea') => {
    const id = `caller-${newId()}`
    await api.ask('GET', path, { token: caller, headers: { 'x-request-id': id } })
    const line = await until(() => linesWith(id).find(({ msg }) => msg === 'response sent'))
    const { keyId, userId } = line
    return { keyId, userId }
  }
  const [keyId, userId] = [publicId('apiKey', row?.keyId ?? ''), publicId('user', row?.userId ?? '')]
  t.same(await lineOf(token), { keyId, userId: undefined })
  t.same(await lineOf(user, '/v1/connections'), { keyId: undefined, userId })
  for (const wrong of [`${token}x`, `${user}x`, undefined]) t.same(await lineOf(wrong), { keyId: undefined, userId: undefined })
  t.same(await lineOf(undefined, '/healthz'), { keyId: undefined, userId: undefined })
  for (const secret of [token, user]) t.notOk(api.logLines.some((line) => line.includes(secret)))
})

t.test('stores the id with what the worker does for the request', async (t) => {
  const headers = { 'x-request-id': 'store-1' }
  const { body } = await api.ask('POST', '/v1/notifications', { token, body: note({ userIds: ['ann'] }), headers })
  t.match(body, { id: /^ntf_/ })
  t.same((await sql`select id, request_id from notifications where request_id = 'store-1'`).map(({ id }) => publicId('notification', id)), [at(body, 'id')])
})

t.test('shows the id on a page for an unexpected error', async (t) => {
  const failing = await openTestApi(t, { change: () => ({ now: () => { throw new Error('a fault') } }) })
  const { status, body } = await failing.ask('GET', '/connect', { headers: { 'x-request-id': 'page-1' } })
  t.equal(status, 500)
  t.match(body, /Reason: internal<br>Request: page-1/)
  t.ok(failing.logLines.some((line) => line.includes('page failed') && JSON.parse(line).requestId === 'page-1'))
})
