import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { openSandbox } from '@carillon/sandbox'
import type { Test } from 'tap'
import type { Kept } from '../../src/connect/kept.ts'
import type { Environment } from './run-carillon.ts'

export interface House {
  env: Environment
  sandboxUrl: string
  /** Where accounts at pump.io are. */
  pumpioHost: string
  /** The credentials file. */
  file: string
  kept: () => Promise<Kept>
  mode: () => Promise<number>
  control: <T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<T>
  /** How often an endpoint was called, such as `POST /oauth/request_token`. */
  calls: (endpoint: string) => Promise<number>
  /** Puts an account at Blot're into the file that has granted access already. */
  keepBlotre: () => Promise<{ name: string, accessToken: string }>
  /** What of the file's content nobody may see. */
  secrets: () => Promise<string[]>
}

/** Simulators, the file by which a running `carillon up` is known, and somebody's home, all of it empty. */
export async function openHouse (t: Test): Promise<House> {
  const sandbox = await openSandbox()
  const home = await mkdtemp(join(tmpdir(), 'carillon-connect-'))
  t.teardown(async () => {
    await sandbox.close()
    await rm(home, { recursive: true, force: true })
  })
  await mkdir(join(home, 'data'))
  await writeFile(join(home, 'data/up.json'), JSON.stringify({ sandboxUrl: sandbox.url, pumpioUrl: sandbox.pumpioUrl }))
  const file = join(home, '.config/carillon/credentials.json')
  const kept = async (): Promise<Kept> => JSON.parse(await readFile(file, 'utf8'))

  async function control<T> (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T> {
    const answer = await fetch(`${sandbox.url}/_control/${path}`, {
      method, ...body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    })
    if (!answer.ok) throw new Error(`the sandbox refused ${path}: ${answer.status} ${await answer.text()}`)
    return await answer.json() as T
  }

  return {
    env: { HOME: home, CARILLON_DATA_DIR: join(home, 'data') },
    sandboxUrl: sandbox.url,
    pumpioHost: new URL(sandbox.pumpioUrl).host,
    file,
    kept,
    mode: async () => (await stat(file)).mode & 0o777,
    control,
    async calls (endpoint) {
      const { data } = await control<{ data: Array<{ endpoint: string, requests: number }> }>('GET', 'stats')
      return data.find((each) => each.endpoint === endpoint)?.requests ?? 0
    },
    async keepBlotre () {
      const { data: [{ account: name, accessToken, refreshToken, userId }] } =
        await control<{ data: [Record<string, string>] }>('POST', 'accounts', { provider: 'blotre', count: 1 })
      const credentials = { accessToken, refreshToken }
      const connection = { provider: 'blotre', server: sandbox.url, account: { id: userId, name }, credentials }
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      await writeFile(file, JSON.stringify({ version: 1, connections: [connection], registrations: [] }), { mode: 0o600 })
      return { name: String(name), accessToken: String(accessToken) }
    },
    async secrets () {
      const { connections, registrations } = await kept()
      const known = ['account', 'clientId', 'rootStream']
      const ofConnections = connections.flatMap(({ credentials }) => Object.entries(credentials)
        .filter(([name]) => !known.includes(name)).map(([, value]) => String(value)))
      return [...ofConnections, ...registrations.map(({ clientSecret }) => clientSecret)]
    }
  }
}
