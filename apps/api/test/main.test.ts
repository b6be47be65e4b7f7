import { spawnApp, testDatabase, testKeys } from '@carillon/testing'
import t from 'tap'
import { request } from 'undici'

t.test('listens on a free port, says where, and ends in order', async (t) => {
  const { url: DATABASE_URL } = await testDatabase(t)
  const app = spawnApp(t, 'api', { env: { DATABASE_URL, CARILLON_KEYS: testKeys(), PORT: '0' } })
  const { url } = await app.ready
  t.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
  t.equal((await request(`${url}/readyz`)).statusCode, 200)

  const { port } = new URL(url)
  const second = spawnApp(t, 'api', { env: { DATABASE_URL, CARILLON_KEYS: testKeys(), PORT: port } })
  t.equal((await second.exited).code, 1)
  t.match(second.stderr, [`PORT ${port} on 127.0.0.1 is in use already; choose another, or 0 for any free one`])

  t.match(await app.stop(), { code: 0 })
  t.match(app.stderr, [])
})

t.test('names every fault of its configuration', async (t) => {
  const app = spawnApp(t, 'api', { env: { CARILLON_KEYS: 'a:c2hvcnQ=', PORT: 'many' } })
  t.equal((await app.exited).code, 1)
  t.match(app.stderr, [/^DATABASE_URL is missing/, /^CARILLON_KEYS key a has 5 bytes instead of 32/, /^PORT is "many"/])
  t.equal(app.stdout.length, 0)
})
