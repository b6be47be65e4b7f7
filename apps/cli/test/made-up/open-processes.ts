import { fileURLToPath } from 'node:url'
import { createApiKey } from '@carillon/shared/api-keys'
import { openDatabase, scopes } from '@carillon/shared/db'
import { openSandbox } from '@carillon/sandbox'
import { spawnNode, testKeys } from '@carillon/testing'
import type { Addresses, BackendEnvironment } from '@carillon/testing'
import type { Test } from 'tap'
import { madeUp } from './registry.ts'

/** The API and a worker as processes that know the made-up providers, and a sandbox with their simulators. */
export async function openProcesses (t: Test, stores: BackendEnvironment): Promise<Addresses> {
  const sandbox = await openSandbox({ simulators: madeUp.map(({ createSimulator }) => createSimulator) })
  t.teardown(() => sandbox.close())
  const env = { ...stores, ...sandbox.environment(), CARILLON_KEYS: testKeys(), PORT: '0', RECONCILE_SECONDS: '1' }
  const start = (name: 'api' | 'worker') => spawnNode(t, fileURLToPath(new URL(`fixtures/${name}.ts`, import.meta.url)), { env }).ready
  const [{ url: apiUrl }] = await Promise.all([start('api'), start('worker')])
  const database = openDatabase({ url: stores.DATABASE_URL, max: 1 })
  const { key: operatorKey } = await createApiKey(database, { name: 'test', scopes: [...scopes] })
  await database.close()
  return { apiUrl, sandboxUrl: sandbox.url, operatorKey }
}
