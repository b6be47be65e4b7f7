import { mock } from 'node:test'
import { createApiKey, revokeApiKey } from '@carillon/shared/api-keys'
import { openDatabase } from '@carillon/shared/db'
import { testDatabase } from '@carillon/testing'
import fastify from 'fastify'
import t from 'tap'
import { admitCallers } from '../../src/auth/callers.ts'
import { limitRequests } from '../../src/rate-limits/limit-requests.ts'
import { openTestApi } from '../open-api.ts'

const { services, advance } = await openTestApi(t)
const closed = openDatabase(await testDatabase(t))
await closed.close()

/** The database of the server under test. A closed one rejects every query. */
let current = services.database
const database = {
  ...services.database,
  get db () { return current.db },
  get sql () { return current.sql }
}

mock.timers.enable({ apis: ['setInterval'] })
t.teardown(() => { mock.timers.reset() })

t.test('reports once that a caller lost its rights, and reports nothing while the database is unavailable', async (t) => {
  const app = fastify()
  t.teardown(() => app.close())
  limitRequests(app, services)
  admitCallers(app, { ...services, database })
  let losses = 0
  const lost = new Promise<void>((resolve) => {
    app.get('/stream', { config: { callers: { scope: 'notifications:read' } } }, async (request) => {
      app.watchCaller(request, () => {
        losses++
        resolve()
      })
      return 'open'
    })
  })
  const { id, key } = await createApiKey(services.database, { name: 'watched', scopes: ['notifications:read'] })
  t.equal((await app.inject({ url: '/stream', headers: { authorization: `Bearer ${key}` } })).statusCode, 200)
  advance(10_001)

  current = closed
  mock.timers.tick(5_000)
  await t.rejects(current.sql`select 1`)
  current = services.database
  mock.timers.tick(5_000)
  await current.sql`select 1`
  t.equal(losses, 0)

  await revokeApiKey(services.database, id)
  advance(10_001)
  mock.timers.tick(5_000)
  await lost
  mock.timers.tick(5_000)
  // Waits for the lookup of the key, which a further check would share.
  t.equal((await app.inject({ url: '/stream', headers: { authorization: `Bearer ${key}` } })).statusCode, 401)
  t.equal(losses, 1)
})

t.test('requires each route to declare its callers', async (t) => {
  const app = fastify()
  t.teardown(() => app.close())
  admitCallers(app, services)
  t.throws(() => app.get('/open', async () => 'open'), { message: '/open does not say who may call it' })
})
