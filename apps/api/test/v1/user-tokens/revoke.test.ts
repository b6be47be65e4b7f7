import { countLockWaits, createBrowser, until } from '@carillon/testing'
import { SignJWT } from 'jose'
import t from 'tap'
import { buildApp } from '../../../src/app.ts'
import { at, openTestApi, textAt } from '../../open-api.ts'

const api = await openTestApi(t)
const operator = await api.makeKey('users:write')
const returnTo = 'https://site.example/settings'
/** Another process of the API: it shares the stores and nothing in memory. */
const other = await buildApp(api.services)
t.teardown(() => other.close())

const revoke = (userId: string) => api.ask('POST', `/v1/users/${encodeURIComponent(userId)}/revoke-tokens`, { token: operator })
const open = (token: string) => api.ask('POST', '/v1/handshakes', { token, body: { provider: 'pushbullet', returnTo } })

async function statusAtOther (token: string) {
  const response = await other.inject({ url: '/v1/connectors', headers: { authorization: `Bearer ${token}` } })
  return [response.statusCode, response.json<{ code?: string }>().code]
}

t.test("revokes a user's tokens at once in every process, and no other user's", async (t) => {
  const [token, another, foreign] = [await api.makeUser('ann'), await api.makeUser('ann'), await api.makeUser('ben')]
  t.same(await statusAtOther(token), [200, undefined])
  const { status, body } = await revoke('ann')
  t.same([status, body], [200, { userId: 'ann', failedHandshakes: 0 }])
  const fresh = await api.makeUser('ann')
  for (const revoked of [token, another]) {
    t.same(await statusAtOther(revoked), [401, 'tokenRevoked'])
    const refused = await api.ask('GET', '/v1/connections', { token: revoked })
    t.match([refused.status, at(refused.body, 'code')], [401, 'tokenRevoked'])
    t.match(refused.headers['www-authenticate'], 'error="invalid_token"')
  }
  for (const valid of [fresh, foreign]) t.same(await statusAtOther(valid), [200, undefined])
  await revoke('ann')
  t.same(await statusAtOther(fresh), [401, 'tokenRevoked'])
})

t.test('revokes tokens that an earlier version issued', async (t) => {
  const { id } = (await api.database.sql<[{ id: string }]>`insert into users (id, external_id) values (gen_random_uuid(), 'eve') returning id`)[0]
  const token = await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setIssuer('carillon').setAudience('carillon-api')
    .setSubject(id).setExpirationTime('1h').sign(api.services.vault.derive('user-token')[0])
  t.same(await statusAtOther(token), [200, undefined])
  await revoke('eve')
  t.same(await statusAtOther(token), [401, 'tokenRevoked'])
})

t.test('ends what the connect page has started with a token', async (t) => {
  const token = await api.makeUser('carl')
  const [bound, unbound] = [(await open(token)).body, (await open(token)).body]
  const browser = createBrowser()
  const bind = (bearer: string, handshake: string) =>
    browser.post(`${api.url}/connect/pushbullet/bind`, { handshake }, { authorization: `Bearer ${bearer}` })
  t.equal((await bind(token, textAt(bound, 'id'))).status, 204)
  const form = await browser.get(textAt(bound, 'startUrl'))
  const kept = (await open(await api.makeUser('dora'))).body

  t.same((await revoke('carl')).body, { userId: 'carl', failedHandshakes: 2 })
  t.match((await browser.submit(form)).location, `${returnTo}?carillon=failed&provider=pushbullet&reason=tokensRevoked&handshake=hsk_`)
  t.match((await createBrowser().get(textAt(unbound, 'startUrl'))).text, /Reason: alreadyUsed/)
  const fresh = await api.makeUser('carl')
  t.match((await api.ask('GET', `/v1/handshakes/${textAt(unbound, 'id')}`, { token: fresh })).body, { status: 'failed', error: 'tokensRevoked' })
  t.equal((await createBrowser().get(textAt(kept, 'startUrl'))).status, 200)

  const again = textAt((await open(fresh)).body, 'id')
  t.match((await bind(token, again)).text, /Reason: unknownHandshake/, 'the revoked token binds no handshake to its browser')
})

t.test('opens no handshake for a request that was admitted before the revocation', async (t) => {
  const token = await api.makeUser('fay')
  const { sql } = api.database
  const openWhileLocked = async (table: string, meanwhile: () => Promise<unknown>) => {
    let opening: ReturnType<typeof open> | undefined
    await sql.begin(async (tx) => {
      await tx`lock table ${tx(table)} in exclusive mode`
      opening = open(token)
      await until(async () => await countLockWaits(api.database) > 0)
      await meanwhile()
    })
    return await opening
  }
  // The request is charged after it was admitted, and before it opens the handshake.
  const refused = await openWhileLocked('outgoing_budgets', () => revoke('fay'))
  t.match(refused, { status: 401, body: { code: 'tokenRevoked' }, headers: { 'www-authenticate': /error="invalid_token"/ } })
  const ofFay = () => sql<Array<{ status: string }>>`
    select status from handshakes join users on users.id = user_id where external_id = 'fay' order by handshakes.id`
  t.same(await ofFay(), [])
})

t.test('a revocation waits for the handshake that is being opened, and fails it', async (t) => {
  const token = await api.makeUser('gil')
  const { sql } = api.database
  const running: { opening?: ReturnType<typeof open>, revoking?: ReturnType<typeof revoke> } = {}
  await sql.begin(async (tx) => {
    await tx`lock table handshakes in exclusive mode`
    running.opening = open(token)
    await until(async () => await countLockWaits(api.database) === 1)
    running.revoking = revoke('gil')
    await until(async () => await countLockWaits(api.database) === 2)
  })
  const opened = await running.opening
  t.match((await running.revoking)?.body, { failedHandshakes: 1 })
  const fresh = await api.makeUser('gil')
  t.match((await api.ask('GET', `/v1/handshakes/${textAt(opened, 'body.id')}`, { token: fresh })).body, { status: 'failed', error: 'tokensRevoked' })
})

t.test('knows no user who was never named', async (t) => {
  const { status, body } = await revoke('nobody else')
  t.match([status, at(body, 'code')], [404, 'notFound'])
})
