import { createApiKey } from '@carillon/shared/api-keys'
import { openDatabase, scopes } from '@carillon/shared/db'
import { createSite, sandboxEnvironment, spawnApp, testKeys, until } from '@carillon/testing'
import type { BackendEnvironment, Site } from '@carillon/testing'
import type { Test } from 'tap'

/** Starts the sandbox and the API as processes. `env` is the environment for a worker. */
export async function openProcesses (
  t: Test, stores: BackendEnvironment, settings: Record<string, string> = {}, offer = ['pushbullet', 'blotre']
) {
  const sandbox = spawnApp(t, 'sandbox', { env: { SANDBOX_PORT: '0' } })
  const { url: sandboxUrl } = await sandbox.ready
  const env = {
    ...stores,
    CARILLON_KEYS: testKeys(),
    PORT: '0',
    ...await sandboxEnvironment(sandboxUrl, ...offer),
    ...settings
  }
  const api = spawnApp(t, 'api', { env })
  const { url: apiUrl } = await api.ready
  const database = openDatabase({ url: stores.DATABASE_URL, max: 1 })
  t.teardown(() => database.close())
  const { key } = await createApiKey(database, { name: 'test', scopes: [...scopes] })
  return { site: createSite({ apiUrl, sandboxUrl, operatorKey: key }), api, apiUrl, key, env, database }
}

/** Creates `count` accounts and imports them as users. Returns the users' ids. */
export async function importUsers (site: Site, count: number): Promise<string[]> {
  const { data } = await site.control<{ data: Array<{ account: string, accessToken: string }> }>(
    'POST', '/accounts', { provider: 'pushbullet', count })
  const connections = data.map(({ account, accessToken }) => ({
    userId: account, provider: 'pushbullet', credentials: { accessToken }, account: { id: account, name: account }
  }))
  await site.api('POST', '/v1/connections/import', { body: { connections } })
  return data.map(({ account }) => account)
}

/** The counts of a notification, after it is completed. */
export async function ended (site: Site, id: string): Promise<Record<string, number>> {
  return until(async () => {
    const { status, counts } = await site.api<{ status: string, counts: Record<string, number> }>('GET', `/v1/notifications/${id}`)
    if (status !== 'completed') throw new Error(JSON.stringify(counts))
    return counts
  }, { everyMs: 200, what: 'completion' })
}
