import { openSandbox } from '@carillon/sandbox'
import { createApiKey } from '@carillon/shared/api-keys'
import { openDatabase } from '@carillon/shared/db'
import { spawnApp, testDatabase, testKeys, until } from '@carillon/testing'
import t from 'tap'
import { request } from 'undici'

t.test('listens on a free port, reports it, and shuts down in order', async (t) => {
  const { url: DATABASE_URL } = await testDatabase(t)
  const app = spawnApp(t, 'api', { env: { DATABASE_URL, CARILLON_KEYS: testKeys(), PORT: '0' } })
  const { url } = await app.ready
  t.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
  // A response after two seconds does not count.
  await t.resolves(until(async () => (await request(`${url}/readyz`)).statusCode === 200))

  const { port } = new URL(url)
  const second = spawnApp(t, 'api', { env: { DATABASE_URL, CARILLON_KEYS: testKeys(), PORT: port } })
  t.equal((await second.exited).code, 1)
  t.match(second.stderr, [`PORT ${port} on 127.0.0.1 is in use already; choose another, or 0 for any free one`])

  t.match(await app.stop(), { code: 0 })
  t.match(app.stderr, [])
})

t.test('warns about a variable that is probably misspelled', async (t) => {
  const { url: DATABASE_URL } = await testDatabase(t)
  const app = spawnApp(t, 'api', { env: { DATABASE_URL, CARILLON_KEYS: testKeys(), PORT: '0', PUSHBULLET_CLIENTID: 'secret-value' } })
  await app.ready
  t.match(app.output(), '"msg":"PUSHBULLET_CLIENTID is not a variable of Carillon and is ignored; did you mean PUSHBULLET_CLIENT_ID?"')
  t.notMatch(app.output(), 'secret-value')
})

t.test('ends with its parent process, however early that ends', async (t) => {
  const { url: DATABASE_URL } = await testDatabase(t)
  const env = { DATABASE_URL, CARILLON_KEYS: testKeys(), PORT: '0' }
  t.match(await spawnApp(t, 'api', { env }).abandon(), { code: 0 })
  const app = spawnApp(t, 'api', { env })
  await app.ready
  t.match(await app.abandon(), { code: 0 })
})

t.test('completes the pending requests before it ends', async (t) => {
  const { url: DATABASE_URL } = await testDatabase(t)
  const database = openDatabase({ url: DATABASE_URL })
  t.teardown(() => database.close())
  const sandbox = await openSandbox()
  t.teardown(() => sandbox.close())
  const { key } = await createApiKey(database, { name: 'test', scopes: ['connections:import'] })
  const app = spawnApp(t, 'api', {
    env: {
      DATABASE_URL,
      CARILLON_KEYS: testKeys(),
      PORT: '0',
      ...sandbox.environment('pushbullet')
    }
  })
  const { url } = await app.ready
  const slow = { provider: 'pushbullet', match: '/users/me', delayMs: 1_000 }
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  await request(`${sandbox.url}/_control/faults`, { method: 'POST', headers, body: JSON.stringify(slow) })

  const body = JSON.stringify({ connections: [{ userId: 'ann', provider: 'pushbullet', credentials: { accessToken: 'x' } }] })
  const answer = request(`${url}/v1/connections/import`, { method: 'POST', headers, body })
  await until(async () => JSON.stringify(await (await request(`${sandbox.url}/_control/stats`)).body.json()).includes('users/me'))
  const ended = app.stop()
  t.equal((await answer).statusCode, 200)
  t.match(await ended, { code: 0 })
  await t.rejects(request(`${url}/healthz`), { code: 'ECONNREFUSED' })
})

t.test('reports every error of its configuration', async (t) => {
  const app = spawnApp(t, 'api', { env: { CARILLON_KEYS: 'a:c2hvcnQ=', PORT: 'many' } })
  t.equal((await app.exited).code, 1)
  t.match(app.stderr, [/^DATABASE_URL is missing/, /^CARILLON_KEYS key a has 5 bytes instead of 32/, /^PORT is "many"/])
  t.equal(app.stdout.length, 0)
})
