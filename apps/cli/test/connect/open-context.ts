import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { openSandbox } from '@carillon/sandbox'
import type { Test } from 'tap'
import type { StoredCredentials } from '../../src/connect/credentials/stored-credentials.ts'
import type { Environment } from '../run-carillon.ts'

export interface ConnectContext {
  env: Environment
  sandboxUrl: string
  /** The host of the simulated pump.io accounts. */
  pumpioHost: string
  /** The host of the simulated Mastodon accounts. */
  mastodonHost: string
  /** The credentials file. */
  file: string
  stored: () => Promise<StoredCredentials>
  mode: () => Promise<number>
  control: <T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<T>
  /** The number of requests to an endpoint, such as `POST /oauth/request_token`. */
  calls: (endpoint: string) => Promise<number>
  /** Stores a connected Blot're account in the file. */
  storeBlotre: () => Promise<{ name: string, accessToken: string }>
  /** The secrets in the file. */
  secrets: () => Promise<string[]>
}

/** Starts simulators, and creates the file of a running `carillon up` and an empty home folder. */
export async function openContext (t: Test): Promise<ConnectContext> {
  const sandbox = await openSandbox()
  const home = await mkdtemp(join(tmpdir(), 'carillon-connect-'))
  t.teardown(async () => {
    await sandbox.close()
    await rm(home, { recursive: true, force: true })
  })
  await mkdir(join(home, 'data'))
  await writeFile(join(home, 'data/up.json'), JSON.stringify({ sandboxUrl: sandbox.url, pumpioUrl: sandbox.urlOf('pumpio') }))
  const file = join(home, '.config/carillon/credentials.json')
  const stored = async (): Promise<StoredCredentials> => JSON.parse(await readFile(file, 'utf8'))

  async function control<T> (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T> {
    const response = await fetch(`${sandbox.url}/_control/${path}`, {
      method, ...body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    })
    if (!response.ok) throw new Error(`the sandbox refused ${path}: ${response.status} ${await response.text()}`)
    return await response.json() as T
  }

  return {
    env: { HOME: home, CARILLON_DATA_DIR: join(home, 'data') },
    sandboxUrl: sandbox.url,
    pumpioHost: new URL(sandbox.urlOf('pumpio')).host,
    mastodonHost: new URL(sandbox.urlOf('mastodon')).host,
    file,
    stored,
    mode: async () => (await stat(file)).mode & 0o777,
    control,
    async calls (endpoint) {
      const { data } = await control<{ data: Array<{ endpoint: string, requests: number }> }>('GET', 'stats')
      return data.find((each) => each.endpoint === endpoint)?.requests ?? 0
    },
    async storeBlotre () {
      const { data: [{ account: name, accessToken, refreshToken, userId }] } =
        await control<{ data: [Record<string, string>] }>('POST', 'accounts', { provider: 'blotre', count: 1 })
      const credentials = { accessToken, refreshToken }
      const connection = { provider: 'blotre', server: sandbox.url, account: { id: userId, name }, credentials }
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      await writeFile(file, JSON.stringify({ version: 1, connections: [connection], registrations: [] }), { mode: 0o600 })
      return { name: String(name), accessToken: String(accessToken) }
    },
    async secrets () {
      const { connections, registrations } = await stored()
      const known = ['account', 'clientId', 'rootStream']
      const ofConnections = connections.flatMap(({ credentials }) => Object.entries(credentials)
        .filter(([name]) => !known.includes(name)).map(([, value]) => String(value)))
      return [...ofConnections, ...registrations.map(({ clientSecret }) => clientSecret)]
    }
  }
}
