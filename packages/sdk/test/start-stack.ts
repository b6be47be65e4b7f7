import { openSandbox } from '@carillon/sandbox'
import { createApiKey } from '@carillon/shared/api-keys'
import { openDatabase, scopes } from '@carillon/shared/db'
import { createSite, spawnApp, testDatabase, testKeys } from '@carillon/testing'
import type { Site } from '@carillon/testing'
import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'

export interface Stack {
  apiUrl: string
  apiKey: string
  sandboxUrl: string
  site: Site
}

/** The API, the worker, and the simulators of these providers. */
export async function startStack (t: Test, env: Record<string, string> = {}, ...offer: string[]): Promise<Stack> {
  const { url: DATABASE_URL } = await testDatabase(t)
  const sandbox = await openSandbox()
  t.teardown(() => sandbox.close())
  const database = openDatabase({ url: DATABASE_URL, max: 1 })
  t.teardown(() => database.close())
  const { key: apiKey } = await createApiKey(database, { name: 'sdk', scopes: [...scopes] })
  const shared = {
    DATABASE_URL,
    CARILLON_KEYS: testKeys(),
    QUEUE_PREFIX: `test-${randomBytes(6).toString('hex')}`,
    RECONCILE_SECONDS: '1',
    PORT: '0',
    SITE_NAME: 'Teapot Shop',
    ...sandbox.environment('pushbullet', ...offer),
    ...env
  }
  const api = spawnApp(t, 'api', { env: shared })
  const worker = spawnApp(t, 'worker', { env: shared })
  const [{ url: apiUrl }] = await Promise.all([api.ready, worker.ready])
  return { apiUrl, apiKey, sandboxUrl: sandbox.url, site: createSite({ apiUrl, sandboxUrl: sandbox.url, operatorKey: apiKey }) }
}
