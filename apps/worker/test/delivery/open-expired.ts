import { fileURLToPath } from 'node:url'
import { findSealed, listEvents, saveConnections } from '@carillon/shared/connections'
import { openCredentials } from '@carillon/shared/grants'
import { openDatabase } from '@carillon/shared/db'
import { ensureUser } from '@carillon/shared/users'
import { loadConfig } from '@carillon/shared/config'
import { createProviders } from '@carillon/shared/providers'
import { createVault, parseVaultKeys } from '@carillon/shared/vault'
import { openSandbox } from '@carillon/sandbox'
import { spawnNode, testDatabase, testKeys } from '@carillon/testing'
import type { NodeProcess } from '@carillon/testing'
import type { Test } from 'tap'

/** A Blot're connection with an expired access token, and processes that send through it. */
export async function openExpired (t: Test) {
  const sandbox = await openSandbox()
  t.teardown(() => sandbox.close())
  const { url } = await testDatabase(t)
  const keys = testKeys()
  const vault = createVault(parseVaultKeys(keys))
  const database = openDatabase({ url, max: 2 })
  t.teardown(() => database.close())

  const control = async <Answer>(method: string, path: string, body?: object): Promise<Answer> => {
    const answer = await fetch(`${sandbox.url}/_control${path}`, {
      method, ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return await answer.json() as Answer
  }
  type Granted = { account: string, accessToken: string, refreshToken: string }
  const { data: [granted] } = await control<{ data: Granted[] }>('POST', '/accounts', { provider: 'blotre', count: 1 })
  if (granted === undefined) throw new Error('The simulator gave no account')
  const { account, accessToken, refreshToken } = granted
  const { id: userId } = await ensureUser(database, { externalId: 'ann' })
  const grant = { credentials: { accessToken, refreshToken }, account: { id: account, name: account } }
  const [{ id } = { id: '' }] = await saveConnections(database, vault, [{ userId, provider: 'blotre', grant }])
  await control('POST', '/tokens/expire', { provider: 'blotre', account })

  return {
    /** Delays the response to the next refresh, after the provider has rotated the token. */
    holdRefresh: () => control('POST', '/faults', { provider: 'blotre', match: 'POST /v0/oauth2/access_token', delayMs: 600_000, times: 1 }),
    letGo: () => control('DELETE', '/faults'),
    /** Starts a process that sends `calls` deliveries. `how` is the lease in milliseconds, and `asleep`. */
    start: (calls: number, ...how: string[]): NodeProcess => spawnNode(
      t, fileURLToPath(new URL('fixtures/send-expired.ts', import.meta.url)), {
        args: [id, String(calls), ...how],
        env: {
          DATABASE_URL: url,
          CARILLON_KEYS: keys,
          ...sandbox.environment('blotre')
        }
      }),
    refreshes: async () => {
      const path = `/refreshes?provider=blotre&account=${account}`
      return (await control<{ data: Array<{ refreshes: number, refused: number }> }>('GET', path)).data[0]
    },
    /** How often the provider responded that the access token is unknown. */
    tokenRefusals: async () => {
      const { data } = await control<{ data: Array<{ answers: Record<string, number> }> }>('GET', '/stats')
      return data.reduce((sum, { answers }) => sum + (answers[404] ?? 0), 0)
    },
    row: async () => {
      const [row] = await database.sql`select version, status, lease_owner as holder, fence from grants`
      return row
    },
    /** Ends the lease now. */
    endLease: () => database.sql`update grants set lease_until = now() - interval '1 second' where lease_until is not null`,
    events: async () => (await listEvents(database, id)).map(({ event }) => event),
    /** The simulator's status for the stored access token. */
    tokenStatus: async () => {
      const sealed = await findSealed(database, id)
      const provider = createProviders(loadConfig(sandbox.environment('blotre'))).get('blotre')
      if (sealed === undefined || provider === undefined) throw new Error('There is no connection')
      const token = openCredentials(vault, provider, sealed).accessToken
      const info = await fetch(`${sandbox.url}/blotre/v0/oauth2/token_info?token=${token}`)
      await info.text()
      return info.status
    }
  }
}

/** Starts the process, and returns the state of each delivery. */
export async function outcomes (worker: NodeProcess): Promise<string[]> {
  await worker.ready
  const { code } = await worker.stop('SIGUSR2')
  if (code !== 0) throw new Error(`it ended with ${code}: ${worker.output()}`)
  return JSON.parse(worker.stdout.at(-1) ?? '[]') as string[]
}
