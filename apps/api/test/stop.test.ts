import { openSandbox } from '@carillon/sandbox'
import { createApiKey } from '@carillon/shared/api-keys'
import { openDatabase, scopes } from '@carillon/shared/db'
import { createSite, spawnApp, testDatabase, testKeys, until } from '@carillon/testing'
import t from 'tap'

/** The limit that docs/operations.md states for a SIGTERM. */
const stopMs = 15_000

t.test('exits with 0 while a provider does not respond, and first responds to the callers', async (t) => {
  const { url: DATABASE_URL } = await testDatabase(t)
  const database = openDatabase({ url: DATABASE_URL, max: 1 })
  t.teardown(() => database.close())
  const sandbox = await openSandbox()
  t.teardown(() => sandbox.close())
  const { key } = await createApiKey(database, { name: 'test', scopes: [...scopes] })
  const app = spawnApp(t, 'api', {
    env: {
      DATABASE_URL,
      CARILLON_KEYS: testKeys(),
      PORT: '0',
      ...sandbox.environment('pushbullet')
    }
  })
  const { url: apiUrl } = await app.ready
  const site = createSite({ apiUrl, sandboxUrl: sandbox.url, operatorKey: key })
  const connectionId = await site.connect('ann')
  for (const match of ['/users/me', '/oauth2/token']) {
    await site.control('POST', '/faults', { provider: 'pushbullet', match, delayMs: 600_000 })
  }

  const connections = [{ userId: 'bob', provider: 'pushbullet', credentials: { accessToken: 'x' } }]
  const imported = site.api<object>('POST', '/v1/connections/import', { body: { connections }, expect: 200 })
  const visited = site.walk('cleo')
  // A proxied request returns the provider's response. Without one, the connection closes.
  const proxied = t.rejects(site.api('GET', `/v1/connections/${connectionId}/proxy/v2/users/me`))
  await until(async () => {
    const { data } = await site.control<{ data: Array<{ struck: number }> }>('GET', '/faults')
    return data[0]?.struck === 2 && data[1]?.struck === 1
  })
  const stoppedAt = performance.now()
  const exit = app.stop()
  t.match(await imported, { data: [{ error: { code: String } }] })
  t.match(await visited, { status: 504 })
  await proxied
  t.same(await exit, { code: 0, signal: undefined })
  t.ok(performance.now() - stoppedAt < stopMs)
  t.notMatch(app.output(), 'did not close', 'it aborts no connection')
})
