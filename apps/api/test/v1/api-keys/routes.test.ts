import { parseId } from '@carillon/shared/db'
import type { Scope } from '@carillon/shared/db'
import t from 'tap'
import { buildApp } from '../../../src/app.ts'
import { at, openTestApi, textAt } from '../../open-api.ts'

const api = await openTestApi(t)
const admin = await api.makeKey()
/** Another process of the API: it shares the stores and nothing in memory. */
const other = await buildApp(api.services)
t.teardown(() => other.close())

const day = 24 * 60 * 60 * 1000
const later = (ms: number) => new Date(api.services.now() + ms).toISOString()
const create = (body: object, { token = admin, headers = {} }: { token?: string, headers?: Record<string, string> } = {}) =>
  api.ask('POST', '/v1/api-keys', { token, headers, body: { name: 'shop', scopes: ['notifications:write'], ...body } })
const rotate = (id: string, body: object = {}, token = admin) => api.ask('POST', `/v1/api-keys/${id}/rotate`, { token, body })
const change = (id: string, body: object, token = admin) => api.ask('PATCH', `/v1/api-keys/${id}`, { token, body })
const revoke = (id: string, token = admin) => api.ask('DELETE', `/v1/api-keys/${id}`, { token })
const read = async (id: string) => (await api.ask('GET', `/v1/api-keys/${id}`, { token: admin })).body

async function make (...scopes: Scope[]): Promise<{ id: string, key: string }> {
  const { body } = await create({ scopes })
  return { id: textAt(body, 'id'), key: textAt(body, 'key') }
}

const note = { audience: { userIds: ['ann'] }, message: { type: 'note', title: 'Hello' } }
const send = (key: string) => ({ method: 'POST' as const, url: '/v1/notifications', payload: note, headers: { authorization: `Bearer ${key}` } })
const list = (key: string) => ({ method: 'GET' as const, url: '/v1/notifications', headers: { authorization: `Bearer ${key}` } })

/** The status and code of a request at the other process. */
async function statusAtOther (request: ReturnType<typeof send> | ReturnType<typeof list>) {
  const response = await other.inject(request)
  return [response.statusCode, response.json<{ code?: string }>().code]
}

t.test('shows a key once, and works with its scopes only', async (t) => {
  const { status, body } = await create({ name: 'shop', scopes: ['notifications:write'], expiresIn: 3_600 })
  t.equal(status, 201)
  const { key, ...created } = body as { key: string, id: string }
  t.match(key, /^ck_[0-9a-f]{32}[\w-]{43}$/)
  t.same(await read(created.id), created, 'the key is in no later response')
  t.match(created, { name: 'shop', scopes: ['notifications:write'], status: 'active', lastUsedAt: null, rotatedAt: null, earlierSecretsUntil: null })
  t.same(await statusAtOther(send(key)), [202, undefined])
  t.same(await statusAtOther(list(key)), [403, 'insufficientScope'])
})

t.test('changes a name and an expiry', async (t) => {
  const { id } = await make('users:write')
  const expiresAt = later(day)
  t.match((await change(id, { name: 'renamed', expiresAt })).body, { name: 'renamed', expiresAt, scopes: ['users:write'] })
  t.match((await change(id, { name: 'again' })).body, { name: 'again', expiresAt })
  t.match((await change(id, { expiresAt: null })).body, { name: 'again', expiresAt: null })
  t.match((await change(id, { expiresIn: 60 })).body, { expiresAt: /^\d{4}-/ })
  for (const [body, path] of [
    [{ expiresAt: later(-1_000) }, 'expiresAt'], [{ expiresAt: later(day), expiresIn: 60 }, 'expiresIn'], [{ name: 'line\nbreak' }, 'name'],
    [{ scopes: ['admin'] }, 'scopes'], [{ expiresAt: '9999-12-31T23:59:59-12:00' }, 'expiresAt']
  ] as const) {
    t.match(await change(id, body), { status: 400, body: { code: 'invalidInput', errors: [{ path }] } })
  }
  t.match(await change('key_x', { name: 'x' }), { status: 404 })
})

t.test('refuses an expired key in every process, also one that was cached', async (t) => {
  const { id, key } = await make('notifications:write', 'notifications:read')
  t.same(await statusAtOther(send(key)), [202, undefined])
  t.equal((await other.inject(list(key))).headers['carillon-key-expires-at'], undefined)
  const expiresAt = later(5_000)
  await change(id, { expiresAt })
  t.equal((await other.inject(list(key))).headers['carillon-key-expires-at'], expiresAt)
  t.same(await statusAtOther(send(key)), [202, undefined])
  api.advance(5_000)
  for (const request of [send(key), list(key)]) {
    const response = await other.inject(request)
    t.match(response.json(), { code: 'apiKeyExpired', status: 401, detail: `The API key expired at ${expiresAt}: use another key` })
    t.match(response.headers['www-authenticate'], 'error="invalid_token"')
  }
  t.match(await read(id), { status: 'expired' })
  t.match(await rotate(id), { status: 409, body: { code: 'apiKeyInactive', reason: 'expired' } })
  await change(id, { expiresAt: later(day) })
  t.same(await statusAtOther(send(key)), [202, undefined], 'a later expiry makes it work again')
})

t.test('an expiry that was moved forward applies to a cached key at once', async (t) => {
  const { id, key } = await make('notifications:write')
  t.same(await statusAtOther(send(key)), [202, undefined])
  // As if the clock of the other process were behind.
  await api.database.sql`
    update api_keys set expires_at = now() - interval '1 day', version = version + 1 where id = ${parseId('apiKey', id) ?? ''}`
  t.same(await statusAtOther(send(key)), [401, 'apiKeyExpired'])
})

t.test('rotates a key with an overlap, in every process', async (t) => {
  const { id, key: first } = await make('notifications:write', 'notifications:read')
  t.same(await statusAtOther(send(first)), [202, undefined])
  const { status, body } = await rotate(id, { overlapSeconds: 5 })
  const second = textAt(body, 'key')
  t.match([status, body], [200, { id, rotatedAt: /^\d{4}-/, earlierSecretsUntil: /^\d{4}-/ }])
  t.not(second, first)
  for (const key of [first, second]) {
    t.same([await statusAtOther(send(key)), await statusAtOther(list(key))], [[202, undefined], [200, undefined]])
  }
  api.advance(5_000)
  for (const request of [send(first), list(first)]) {
    t.match((await other.inject(request)).json(), { code: 'apiKeyExpired', detail: /^The API key was rotated/ })
  }
  t.same(await statusAtOther(send(second)), [202, undefined])
  t.match(await read(id), { earlierSecretsUntil: null })

  const third = textAt((await rotate(id, { overlapSeconds: 0 })).body, 'key')
  t.same(await statusAtOther(send(second)), [401, 'apiKeyExpired'], 'although it was cached')
  t.same(await statusAtOther(send(third)), [202, undefined])
  t.match((await rotate(id)).body, { earlierSecretsUntil: /^\d{4}-/ })
})

t.test('revokes a key in every process', async (t) => {
  const { id, key } = await make('notifications:write', 'notifications:read')
  t.same(await statusAtOther(send(key)), [202, undefined])
  t.equal((await revoke(id)).status, 204)
  for (const request of [send(key), list(key)]) t.same(await statusAtOther(request), [401, 'invalidToken'])
  t.equal((await revoke(id)).status, 204)
  t.match(await read(id), { status: 'revoked', revokedAt: /^\d{4}-/ })
  t.match(await change(id, { name: 'x' }), { status: 409, body: { code: 'apiKeyInactive', reason: 'revoked' } })
  t.match(await rotate(id), { status: 409, body: { code: 'apiKeyInactive', reason: 'revoked' } })
  t.equal((await revoke('key_x')).status, 404)
})

t.test('a key gives nothing that it does not have', async (t) => {
  const refused = { status: 403, body: { code: 'exceedsOwnRights' } }
  const { id: own, key: keeper } = await make('admin', 'users:write')
  const { id: sender } = await make('notifications:write')
  const exceeding = await create({ scopes: ['users:write', 'notifications:write'] }, { token: keeper })
  t.match(exceeding, { ...refused, body: { detail: /does not have notifications:write/ } })
  t.equal((await create({ scopes: ['users:write', 'admin'] }, { token: keeper })).status, 201)
  t.match(await rotate(sender, {}, keeper), refused, 'it would learn the key')
  t.equal((await change(sender, { name: 'renamed', expiresAt: later(day) }, keeper)).status, 200, 'it may restrict other keys')
  t.match(await change(sender, { expiresAt: later(2 * day) }, keeper), refused)
  t.equal((await revoke(sender, keeper)).status, 204)

  const expiresAt = later(day)
  await change(own, { expiresAt })
  for (const body of [{ expiresAt: null }, { expiresAt: later(2 * day) }]) {
    t.match(await change(own, body, keeper), { ...refused, body: { detail: /^This API key expires at/ } }, 'it does not extend itself')
    t.match(await rotate(own, body, keeper), refused)
    t.match(await create({ scopes: ['users:write'], ...body }, { token: keeper }), refused)
  }
  t.match(await create({ scopes: ['users:write'] }, { token: keeper }), refused, 'nor creates a key without expiry')
  t.equal((await create({ scopes: ['users:write'], expiresIn: 3_600 }, { token: keeper })).status, 201)
  t.match((await rotate(own, {}, keeper)).body, { expiresAt }, 'it may rotate itself')
})

t.test('the only key that manages keys does not revoke itself', async (t) => {
  const { id, key } = await make('admin')
  const { sql } = api.database
  const rest = await sql<Array<{ id: string }>>`
    update api_keys set revoked_at = now() where revoked_at is null and id <> ${parseId('apiKey', id) ?? ''} returning id`
  t.match(await revoke(id, key), { status: 409, body: { code: 'lastAdminKey' } })
  const { body } = await create({ scopes: ['admin'] }, { token: key })
  t.equal((await revoke(id, key)).status, 204)
  t.match(await revoke(id, key), { status: 401 })
  t.equal((await api.ask('GET', '/v1/api-keys', { token: textAt(body, 'key') })).status, 200)
  await sql`update api_keys set revoked_at = null where id = any (${rest.map((one) => one.id)})`
})

t.test('the audit trail has what was done to a key, and by which key', async (t) => {
  const operator = await api.makeKey()
  const expiresAt = later(day)
  const created = (await create({ scopes: ['users:write'] }, { token: operator })).body
  const id = textAt(created, 'id')
  await change(id, { name: 'renamed', expiresAt }, operator)
  await change(id, {}, operator)
  await rotate(id, { overlapSeconds: 60 }, operator)
  t.match(await rotate(id, { overlapSeconds: -1 }, operator), { status: 400 })
  await revoke(id, operator)
  await revoke(id, operator)
  const entries = await api.database.sql`select * from audit_entries where target_id = ${id} order by id`
  t.match(entries, [
    { action: 'api_key.created', details: { scopes: ['users:write'], expiresAt: null } },
    { action: 'api_key.changed', details: { changed: ['name', 'expiresAt'], expiresAt } },
    { action: 'api_key.rotated', details: { overlapSeconds: 60 } },
    { action: 'api_key.revoked' }
  ])
  t.equal(entries.length, 4)
  for (const entry of entries) t.equal(String(entry['actor_id']).replaceAll('-', ''), operator.slice(3, 35))
  t.notMatch(JSON.stringify(entries), /ck_|renamed/)
})

t.test('lists keys in pages, newest first', async (t) => {
  const names = ['first', 'second', 'third']
  const ids = []
  for (const name of names) ids.push(textAt((await create({ name })).body, 'id'))
  await revoke(ids[1] ?? '')
  const page = async (query: string) => (await api.ask('GET', `/v1/api-keys?${query}`, { token: admin })).body
  const first = await page('limit=2')
  t.match(first, { data: [{ name: 'third' }, { name: 'second', status: 'revoked' }], nextCursor: /^[\w-]{22}$/ })
  t.match(await page(`limit=2&cursor=${textAt(first, 'nextCursor')}`), { data: [{ name: 'first' }, {}] })
  t.match(await page('status=revoked&limit=1'), { data: [{ name: 'second' }] })
  t.notMatch(JSON.stringify(await page('limit=200')), /ck_/)
})

t.test('records when and from where a key was last used', async (t) => {
  const { id, key } = await make('notifications:read')
  const second = await buildApp({ ...api.services, trustedProxies: ['127.0.0.1'] })
  const headers = { authorization: `Bearer ${key}`, 'x-forwarded-for': '2001:db8:1:2:3::4' }
  t.equal((await second.inject({ url: '/v1/notifications', headers })).statusCode, 200)
  t.equal((await second.inject({ url: '/v1/connections', headers })).statusCode, 403)
  const at = api.services.now()
  await second.close()
  const used = await read(id)
  t.match(used, { lastUsedFrom: '2001:db8:1:2::/64' })
  t.ok(Math.abs(Date.parse(textAt(used, 'lastUsedAt')) - at) < 60_000)
})

t.test('a repeated request creates one key, and what is stored of it is sealed', async (t) => {
  const headers = { 'idempotency-key': 'one key' }
  const first = await create({ name: 'once' }, { headers })
  const again = await create({ name: 'once' }, { headers })
  t.equal(again.headers['idempotency-replayed'], 'true')
  t.same(again.body, first.body, 'the response was lost, so the key is in the repeated one')
  const key = textAt(first.body, 'key')
  const path = `/v1/api-keys/${(await make('users:write')).id}/rotate`
  const rotated = await api.ask('POST', path, { token: admin, body: {}, headers: { 'idempotency-key': 'rotation' } })
  for (const secret of [key, textAt(rotated.body, 'key')]) {
    for (const table of ['api_keys', 'idempotency_keys']) {
      t.notMatch(JSON.stringify(await api.database.sql`select * from ${api.database.sql(table)}`), secret.slice(35), table)
    }
  }
  t.notMatch(api.logLines.join(''), key.slice(35))

  // As if the process had crashed before it responded.
  await api.database.sql`update idempotency_keys set response = null`
  const repeated = await create({ name: 'once' }, { headers })
  t.equal(at(repeated.body, 'id'), at(first.body, 'id'))
  t.same(await statusAtOther(send(key)), [401, 'invalidToken'])
  t.same(await statusAtOther(send(textAt(repeated.body, 'key'))), [202, undefined])
})
