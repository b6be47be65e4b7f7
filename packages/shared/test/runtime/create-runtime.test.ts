import { testDatabase, testKeys } from '@carillon/testing'
import t from 'tap'
import { findUnknownVariables, loadConfig } from '../../src/config/index.ts'
import { createLog } from '../../src/log/index.ts'
import { definitions } from '../../src/providers/index.ts'
import { createRuntime, openStores } from '../../src/runtime/index.ts'
import { web } from '../../../http/test/local-server.ts'

const log = createLog({ name: 'test', level: 'silent' })
const required = ['DATABASE_URL', 'CARILLON_KEYS'] as const

t.test('offers the providers of the given definitions, and leaves stores of the caller open', async (t) => {
  const { url } = await testDatabase(t)
  const [first] = definitions
  const teapot = {
    ...first,
    id: 'teapot',
    prefix: 'TEAPOT_',
    required: [],
    variables: Object.fromEntries(Object.entries(first.variables).map(([name, variable]) => [`TEAPOT_${name}`, variable])),
    create: (values: Readonly<Record<string, unknown>>, site: { name: string }) => {
      const own = Object.entries(values).map(([name, value]) => [name.replace('TEAPOT_', ''), value])
      const provider = first.create(Object.fromEntries(own), site)
      return provider === undefined ? undefined : { ...provider, id: 'teapot' }
    },
    maxPerSecond: () => 7
  }
  const env = {
    DATABASE_URL: url,
    CARILLON_KEYS: testKeys(),
    ...Object.fromEntries(first.required.map((name) => [`TEAPOT_${name}`, 'x']))
  }
  t.same(findUnknownVariables(env, [teapot]), [])
  const config = loadConfig(env, required, [teapot])
  const stores = openStores(config, log)
  t.teardown(() => stores.close())
  await stores.waitUntilReady(new AbortController().signal)

  const runtime = createRuntime(config, { log, stores, definitions: [teapot], now: () => 5 })
  t.same([...runtime.providers.keys()], ['teapot'])
  t.same([...runtime.queues.deliver.keys()], ['teapot'])
  t.same([...runtime.perSecond], [['teapot', 7]])
  t.equal(runtime.now(), 5)
  await runtime.close()
  await t.resolves(stores.database.sql`select 1`)
})

t.test('opens its own stores and closes them', async (t) => {
  const { url } = await testDatabase(t)
  const runtime = createRuntime(loadConfig({ DATABASE_URL: url, CARILLON_KEYS: testKeys() }, required), { log })
  await t.resolves(runtime.database.sql`select 1`)
  await runtime.close()
  await t.rejects(runtime.database.sql`select 1`)
})

t.test('names the deployment in its requests', async (t) => {
  const { url } = await testDatabase(t)
  const server = await web(t, (request, response) => { response.end(request.headers['user-agent']) })
  const env = { DATABASE_URL: url, CARILLON_KEYS: testKeys(), PUBLIC_URL: 'https://notify.example', ALLOW_PRIVATE_HOSTS: '127.0.0.1' }
  const runtime = createRuntime(loadConfig(env, required), { log })
  const { body } = await runtime.http.request({ method: 'GET', url: server })
  t.match(body.toString(), /^Carillon\/\S+ \(\+https:\/\/notify\.example\)$/)
  await runtime.close()
})
