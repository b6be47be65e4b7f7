import { createSecretKey } from 'node:crypto'
import { decodeProtectedHeader, SignJWT } from 'jose'
import { userTokenKeys } from '@carillon/shared/config'
import { createVault, parseVaultKeys } from '@carillon/shared/vault'
import { revokeApiKey } from '@carillon/shared/api-keys'
import { scopes } from '@carillon/shared/db'
import { testKeys } from '@carillon/testing'
import t from 'tap'
import { createUserTokens } from '../../src/auth/user-tokens.ts'
import { at, openTestApi } from '../open-api.ts'

const keys = testKeys('first')
const api = await openTestApi(t, { keys })

const id = 'con_01890000-0000-7000-8000-000000000000'
const note = { audience: { userIds: ['a'] }, message: { type: 'note', title: 'x' } }
const calls = [
  ['POST', '/v1/user-tokens', 'users:write', false, { userId: 'a' }],
  ['POST', '/v1/users/unknown/revoke-tokens', 'users:write', false],
  ['DELETE', '/v1/users/unknown', 'users:write', false],
  ['GET', '/v1/users/unknown/deletion', 'users:write', false],
  ['GET', '/v1/users/unknown/export', 'users:write', true],
  ['GET', '/v1/connectors', undefined, true],
  ['POST', '/v1/handshakes', undefined, true, { provider: 'pushbullet' }],
  ['GET', '/v1/handshakes/hsk_x', 'connections:read', true],
  ['POST', '/v1/handshakes/hsk_x/verifier', undefined, true, { verifier: 'x' }],
  ['POST', '/v1/handshakes/hsk_x/redeem', undefined, true],
  ['GET', '/v1/connections', 'connections:read', true],
  ['GET', `/v1/connections/${id}`, 'connections:read', true],
  ['DELETE', `/v1/connections/${id}`, 'connections:write', true],
  ['POST', `/v1/connections/${id}/test`, 'connections:write', true],
  ['GET', `/v1/connections/${id}/proxy/v2/me`, 'connections:proxy', false],
  ['PUT', `/v1/connections/${id}/proxy/v2/me`, 'connections:proxy', false, { any: 'thing' }],
  ['POST', '/v1/connections/import', 'connections:import', false, { connections: [{ userId: 'a', provider: 'x', credentials: { accessToken: 'y' } }] }],
  ['POST', '/v1/notifications', 'notifications:write', false, note],
  ['GET', '/v1/notifications', 'notifications:read', false],
  ['GET', '/v1/notifications/ntf_x', 'notifications:read', false],
  ['GET', '/v1/notifications/ntf_x/deliveries', 'notifications:read', false],
  ['GET', '/v1/notifications/ntf_x/deliveries/con_x', 'notifications:read', false],
  ['GET', '/v1/api-keys', 'admin', false],
  ['POST', '/v1/api-keys/key_x/rotate', 'admin', false, {}],
  ['DELETE', '/v1/api-keys/key_x', 'admin', false],
  ['GET', '/v1/endpoints', 'endpoints:write', false],
  ['POST', '/v1/endpoints/end_x/rotate-secret', 'endpoints:write', false],
  ['POST', '/v1/endpoints/end_x/test', 'endpoints:write', false]
] as const

for (const [method, path, scope, takesUser, body] of calls) {
  t.test(`${method} ${path} takes ${scope ?? 'no key'} and ${takesUser ? 'a user' : 'no user'}`, async (t) => {
    const asked = body === undefined ? {} : { body }
    const anonymous = await api.ask(method, path, asked)
    t.equal(anonymous.status, 401)
    t.equal(anonymous.headers['www-authenticate'], 'Bearer realm="carillon"')
    t.match(anonymous.body, { code: 'unauthenticated' })

    const user = await api.ask(method, path, { token: await api.makeUser('matrix'), ...asked })
    if (takesUser) t.notOk([401, 403].includes(user.status))
    else t.match([user.status, at(user.body, 'code')], [403, 'wrongCaller'])

    const all = await api.ask(method, path, { token: await api.makeKey(), ...asked })
    if (scope === undefined) return t.match([all.status, at(all.body, 'code')], [403, 'wrongCaller'])
    t.notOk([401, 403].includes(all.status))
    const others = scopes.filter((other) => other !== scope)
    const lacking = await api.ask(method, path, { token: await api.makeKey(...others), ...asked })
    t.match([lacking.status, at(lacking.body, 'code')], [403, 'insufficientScope'])
    t.match(at(lacking.body, 'detail'), scope)
    t.match(lacking.headers['www-authenticate'], `error="insufficient_scope", scope="${scope}"`)
    const exact = await api.ask(method, path, { token: await api.makeKey(scope), ...asked })
    t.notOk([401, 403].includes(exact.status))
  })
}

t.test('refuses tokens that Carillon did not issue', async (t) => {
  const key = await api.makeKey()
  const good = await api.makeUser('real')
  const [head, payload, signature = ''] = good.split('.')
  const sign = (claims: object, secret: Uint8Array = api.services.vault.derive('user-token')[0], alg = 'HS256') =>
    new SignJWT({ iss: 'carillon', aud: 'carillon-api', sub: 'x', ...claims }).setProtectedHeader({ alg }).sign(secret)
  const soon = Math.floor(Date.now() / 1000) + 60
  const bad = {
    'a key with another secret': `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`,
    'a key that is cut short': key.slice(0, -1),
    'a changed signature': `${head}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
    'no signature': `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`,
    'another key': await sign({ exp: soon }, createSecretKey(Buffer.alloc(32, 1)).export()),
    'another algorithm': await sign({ exp: soon }, Buffer.concat([api.services.vault.derive('user-token')[0], Buffer.alloc(32)]), 'HS512'),
    'another audience': await sign({ exp: soon, aud: 'other' }),
    'another issuer': await sign({ exp: soon, iss: 'other' }),
    'no expiry': await sign({}),
    'an unknown user': await sign({ exp: soon, sub: '01890000-0000-7000-8000-000000000000' }),
    nonsense: 'abc'
  }
  for (const [what, token] of Object.entries(bad)) {
    const answer = await api.ask('GET', '/v1/connections', { token })
    t.match([answer.status, at(answer.body, 'code')], [401, 'invalidToken'], what)
    t.match(answer.headers['www-authenticate'], 'error="invalid_token"')
  }
  for (const authorization of ['', 'Basic YTpi', `bearer${good}`, `Token ${good}`, 'Bearer', 'Bearer a b']) {
    t.match((await api.ask('GET', '/v1/connections', { headers: { authorization } })).body, { code: 'unauthenticated' }, authorization)
  }
  t.equal((await api.ask('GET', '/v1/connections', { headers: { authorization: `BEARER  ${good}` } })).status, 200)
})

t.test('refuses a key as soon as it is revoked', async (t) => {
  const token = await api.makeKey()
  t.equal((await api.ask('GET', '/v1/connections', { token })).status, 200)
  const hex = token.slice(3, 35)
  await revokeApiKey(api.database, hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'))
  t.equal((await api.ask('GET', '/v1/connections', { token })).status, 401)
})

t.test('refuses a key that it has just accepted as soon as it is revoked', async (t) => {
  const token = await api.makeKey('notifications:write')
  const notify = (path: string, body: unknown) => api.ask('POST', path, { token, body })
  t.equal((await notify('/v1/notifications', note)).status, 202)
  await revokeApiKey(api.database, token.slice(3, 35).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'))
  const count = async () => (await api.database.sql<[{ count: number }]>`select count(*)::int as count from notifications`)[0].count
  const before = await count()
  for (const answer of [await notify('/v1/notifications', note), await notify('/v1/notifications/batch', { notifications: [note, note] })]) {
    t.match([answer.status, at(answer.body, 'code')], [401, 'invalidToken'])
    t.match(answer.headers['www-authenticate'], 'error="invalid_token"')
  }
  t.equal(await count(), before)
})

t.test('checks the scope of a cached key too', async (t) => {
  const token = await api.makeKey('notifications:read')
  t.equal((await api.ask('GET', '/v1/notifications', { token })).status, 200)
  const refused = await api.ask('POST', '/v1/notifications', { token, body: note })
  t.match([refused.status, at(refused.body, 'code')], [403, 'insufficientScope'])
})

t.test('requires a separate scope for a broadcast', async (t) => {
  const body = { audience: { everyone: true }, message: { type: 'note', title: 'x' } }
  const refused = await api.ask('POST', '/v1/notifications', { token: await api.makeKey('notifications:write'), body })
  t.match([refused.status, at(refused.body, 'code')], [403, 'insufficientScope'])
  const token = await api.makeKey('notifications:write', 'notifications:broadcast')
  t.equal((await api.ask('POST', '/v1/notifications', { token, body })).status, 202)
})

t.test('removes a lost scope from a cached key, immediately where it looks keys up and soon elsewhere', async (t) => {
  const token = await api.makeKey('notifications:read', 'notifications:write')
  const notify = () => api.ask('POST', '/v1/notifications', { token, body: note })
  t.equal((await notify()).status, 202)
  await api.database.sql`update api_keys set scopes = '{notifications:read}' where id = ${token.slice(3, 35)}`
  t.equal((await notify()).status, 202, 'the key is in the cache')
  api.advance(10_001)
  t.equal((await notify()).status, 403)
  await api.database.sql`update api_keys set scopes = '{users:write}' where id = ${token.slice(3, 35)}`
  t.equal((await api.ask('GET', '/v1/notifications', { token })).status, 403)
})

t.test('issues user tokens that are valid for as long as they state', async (t) => {
  const operator = await api.makeKey('users:write')
  const { status, headers, body } = await api.ask('POST', '/v1/user-tokens', { token: operator, body: { userId: 'brief', expiresIn: 60 } })
  t.equal(status, 201)
  t.equal(headers['cache-control'], 'no-store')
  const token = String(at(body, 'token'))
  t.equal(at(body, 'connectUrl'), `${api.url}/connect#token=${token}`)
  const leftMs = Date.parse(String(at(body, 'expiresAt'))) - api.services.now()
  t.ok(leftMs > 50_000 && leftMs <= 60_000, `${leftMs} ms are left`)
  t.equal((await api.ask('GET', '/v1/connections', { token })).status, 200)
  api.advance(61_000)
  t.equal((await api.ask('GET', '/v1/connections', { token })).status, 401)
  for (const expiresIn of [59, 86_401, 60.5, '60']) {
    t.equal((await api.ask('POST', '/v1/user-tokens', { token: operator, body: { userId: 'brief', expiresIn } })).status, 400)
  }
})

t.test('verifies with the key that signed, until that key is removed', async (t) => {
  const [older, newer] = [testKeys('older'), testKeys('newer')]
  const tokensOf = (text: string) => createUserTokens({ userTokenKeys: parseVaultKeys(text), now: Date.now })
  const subject = { userId: 'someone', generation: 3, teamId: 'some-team', returnTo: 'https://site.example/' }
  const [before, overlap, after] = [tokensOf(older), tokensOf(`${newer},${older}`), tokensOf(newer)]
  const { token } = await before.issue(subject, 60)
  t.same(await overlap.verify(token), subject)
  t.equal(await after.verify(token), undefined)
  const { token: fresh } = await overlap.issue(subject, 60)
  t.equal(decodeProtectedHeader(fresh).kid, 'newer')
  t.same(await after.verify(fresh), subject)
  t.equal(await before.verify(fresh), undefined)
  const renamed = newer.replace('newer:', 'renamed:')
  t.equal(await tokensOf(renamed).verify(fresh), undefined, 'a token names its key')
  t.equal(await overlap.verify('no.token'), undefined)
})

t.test('verifies tokens that an earlier version signed, which name no key', async (t) => {
  const [first, second] = parseVaultKeys(`${testKeys('first')},${testKeys('second')}`)
  const tokens = createUserTokens({ userTokenKeys: [first, ...second === undefined ? [] : [second]], now: Date.now })
  const token = await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setIssuer('carillon').setAudience('carillon-api')
    .setSubject('someone').setExpirationTime('1h').sign(second?.secret ?? Buffer.alloc(32))
  t.match(await tokens.verify(token), { userId: 'someone', generation: 0 })
})

t.test('signs with keys of their own when there are some, and otherwise with keys derived from those of the vault', async (t) => {
  const own = parseVaultKeys(testKeys('own'))
  const vaultKeys = parseVaultKeys(keys)
  t.same(userTokenKeys({ USER_TOKEN_KEYS: own, CARILLON_KEYS: vaultKeys }), own)
  const [derived] = userTokenKeys({ USER_TOKEN_KEYS: undefined, CARILLON_KEYS: vaultKeys })
  t.same(derived, { id: vaultKeys[0].id, secret: createVault(vaultKeys).derive('user-token')[0] })
  t.notOk(derived.secret.equals(vaultKeys[0].secret))
})
