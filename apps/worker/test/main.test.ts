import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { freePort } from '@carillon/local'
import { backends, spawnApp, testKeys, until } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { closeDatabase } from './close-database.ts'

async function environment (t: Test): Promise<Record<string, string>> {
  const [postgres] = await backends()
  if (postgres === undefined) throw new Error('PostgreSQL is always there')
  return { ...await postgres.open(t), CARILLON_KEYS: testKeys() }
}

t.test('names the wrong variable and exits', async (t) => {
  const env = await environment(t)
  const worker = spawnApp(t, 'worker', { env: { ...env, DELIVER_MAX_IN_FLIGHT: 'many' } })
  t.match(await worker.exited, { code: 1 })
  t.match(worker.stderr, [/DELIVER_MAX_IN_FLIGHT/])
  t.equal(worker.stderr.length, 1)
})

t.test('exits when its health port is in use', async (t) => {
  const env = await environment(t)
  const server = createServer().listen(0)
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const worker = spawnApp(t, 'worker', { env: { ...env, WORKER_HEALTH_PORT: String(port) } })
  t.match(await worker.exited, { code: 1 })
  t.same(worker.stderr, [`WORKER_HEALTH_PORT ${port} is in use already`])
})

t.test('responds to health checks on HOST only', async (t) => {
  const env = await environment(t)
  const port = String(await freePort())
  const worker = spawnApp(t, 'worker', { env: { ...env, WORKER_HEALTH_PORT: port } })
  await worker.ready
  await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200)
  await t.rejects(fetch(`http://127.0.0.2:${port}/readyz`))
  await worker.stop()
  const open = spawnApp(t, 'worker', { env: { ...env, WORKER_HEALTH_PORT: port, HOST: '0.0.0.0' } })
  await open.ready
  await until(async () => (await fetch(`http://127.0.0.2:${port}/readyz`)).status === 200)
})

t.test('waits for an unreachable database', async (t) => {
  const env = await environment(t)
  const openAgain = await closeDatabase(env['DATABASE_URL'] ?? '')
  const worker = spawnApp(t, 'worker', { env })
  await until(() => worker.output().includes('not ready yet'))
  await openAgain()
  await worker.ready
  t.match(await worker.stop(), { code: 0 })
})

t.test('exits when its parent process ends, however early', async (t) => {
  const env = await environment(t)
  t.match(await spawnApp(t, 'worker', { env }).abandon(), { code: 0 })
  const worker = spawnApp(t, 'worker', { env })
  await worker.ready
  t.match(await worker.abandon(), { code: 0 })
})

t.test('stops on request while it waits for the database', async (t) => {
  const env = await environment(t)
  const openAgain = await closeDatabase(env['DATABASE_URL'] ?? '')
  t.teardown(openAgain)
  const worker = spawnApp(t, 'worker', { env })
  await until(() => worker.output().includes('not ready yet'))
  t.match(await worker.stop(), { code: 0 })
})
