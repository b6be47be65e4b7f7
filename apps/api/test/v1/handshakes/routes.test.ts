import { ensureUser } from '@carillon/shared/users'
import t from 'tap'
import { createUserTokens } from '../../../src/auth/user-tokens.ts'
import { at, openTestApi, textAt } from '../../open-api.ts'

const api = await openTestApi(t, { allowedOrigins: ['https://site.example', 'http://localhost:3000'] })
const token = await api.makeUser('hana')
const open = (body: object, bearer = token) => api.ask('POST', '/v1/handshakes', { token: bearer, body })

t.test('opens a handshake and returns its URL and its expiry', async (t) => {
  const before = Date.now()
  const { status, headers, body } = await open({ provider: 'pushbullet', kind: 'redirect', returnTo: 'https://site.example' })
  t.equal(status, 201)
  const id = textAt(body, 'id')
  t.equal(headers['location'], `/v1/handshakes/${id}`)
  t.match(body, {
    id: /^hsk_/,
    status: 'pending',
    kind: 'redirect',
    provider: 'pushbullet',
    startUrl: `${api.url}/connect/pushbullet/start?handshake=${id}`,
    returnTo: 'https://site.example/',
    connectionId: null,
    error: null
  })
  const openedAt = Date.parse(textAt(body, 'expiresAt')) - 600_000
  t.ok(before <= openedAt && openedAt <= Date.now(), 'for ten minutes')
  t.same((await api.ask('GET', `/v1/handshakes/${id}`, { token })).body, body)
})

t.test('does not show the handshake to another user', async (t) => {
  const id = textAt((await open({ provider: 'pushbullet' })).body, 'id')
  t.equal((await api.ask('GET', `/v1/handshakes/${id}`, { token: await api.makeUser('other') })).status, 404)
  t.equal((await api.ask('GET', `/v1/handshakes/${id.replace('hsk', 'con')}`, { token })).status, 404)
})

const refused = {
  'https://evil.example/': 'must be on one of the ALLOWED_ORIGINS of this server',
  'https://site.example.evil.example/': 'must be on one of the ALLOWED_ORIGINS of this server',
  'http://site.example/': 'must be on one of the ALLOWED_ORIGINS of this server',
  'https://site.example:8443/': 'must be on one of the ALLOWED_ORIGINS of this server',
  'https://site.example@evil.example/': 'must not hold a user name or a password',
  'https://user:pass@site.example/': 'must not hold a user name or a password',
  'javascript:alert(1)': 'must be an http or https URL',
  '//site.example/': 'must be an absolute URL',
  '/settings': 'must be an absolute URL'
}

for (const [returnTo, message] of Object.entries(refused)) {
  t.test(`does not return to ${returnTo}`, async (t) => {
    const { status, body } = await open({ provider: 'pushbullet', returnTo })
    t.equal(status, 400)
    t.same(at(body, 'errors'), [{ path: 'returnTo', message }])
  })
}

t.test('returns to its own page too', async (t) => {
  t.equal((await open({ provider: 'pushbullet', returnTo: `${api.url}/connect` })).status, 201)
})

t.test('returns to the URL of the token, unless the request names another', async (t) => {
  const operator = await api.makeKey('users:write')
  const create = (returnTo: string) => api.ask('POST', '/v1/user-tokens', { token: operator, body: { userId: 'ida', returnTo } })
  const bearer = textAt((await create('https://site.example/settings?tab=1#top')).body, 'token')
  t.equal(at((await open({ provider: 'pushbullet' }, bearer)).body, 'returnTo'), 'https://site.example/settings?tab=1#top')
  t.equal(at((await open({ provider: 'pushbullet', returnTo: 'http://localhost:3000/' }, bearer)).body, 'returnTo'), 'http://localhost:3000/')
  t.equal(at((await open({ provider: 'pushbullet' })).body, 'returnTo'), null, 'a token without one has no default')
  t.equal(at((await api.ask('GET', '/v1/connectors', { token: bearer })).body, 'returnTo'), 'https://site.example/settings?tab=1#top')

  const { status, body } = await create('https://evil.example/')
  t.equal(status, 400)
  t.same(at(body, 'errors'), [{ path: 'returnTo', message: 'must be on one of the ALLOWED_ORIGINS of this server' }])

  const { token: outdated } = await createUserTokens(api.services).issue(
    { userId: (await ensureUser(api.database, { externalId: 'ida' })).id, generation: 0, returnTo: 'https://gone.example/' }, 60)
  t.equal(at((await open({ provider: 'pushbullet' }, outdated)).body, 'returnTo'), null, 'an origin that is allowed no longer gets no users')
})

t.test('shows a handshake to an API key, without what is for the user alone', async (t) => {
  const id = textAt((await open({ provider: 'pushbullet', returnTo: 'https://site.example/' })).body, 'id')
  const { status, body } = await api.ask('GET', `/v1/handshakes/${id}`, { token: await api.makeKey('connections:read') })
  t.equal(status, 200)
  t.match(body, { id, status: 'pending', kind: 'redirect', provider: 'pushbullet', userId: 'hana', connectionId: null, error: null })
  t.equal((await api.ask('GET', '/v1/handshakes/hsk_0', { token: await api.makeKey() })).status, 404)
})

t.test('describes the errors of a request', async (t) => {
  const wrong: Array<[object, string]> = [
    [{}, 'provider'], [{ provider: 'nobody' }, 'provider'], [{ provider: 'pushbullet', kind: 'verifier' }, 'kind'],
    [{ provider: 'pushbullet', account: 'a' }, 'account'], [{ provider: 'pushbullet', teamId: 't' }, 'teamId'], [{ provider: 1 }, 'provider']
  ]
  for (const [body, path] of wrong) {
    const answer = await open(body)
    t.match([answer.status, at(answer.body, 'errors.0.path')], [400, path])
  }
})

t.test('lists the providers that users can connect', async (t) => {
  const { status, body } = await api.ask('GET', '/v1/connectors', { token })
  t.equal(status, 200)
  t.same(body, {
    returnTo: null,
    data: [{
      provider: 'pushbullet',
      name: 'Pushbullet',
      kinds: ['redirect'],
      needsAccount: false,
      addressField: null,
      holder: 'user',
      canManage: true,
      reason: null,
      contact: null,
      team: null,
      accounts: 'one',
      connection: null,
      connections: [],
      pull: null
    }]
  })
})
