import { randomBytes } from 'node:crypto'
import { freePort } from '@carillon/local'
import { createApiKey } from '@carillon/shared/api-keys'
import { openDatabase, scopes } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import { openSandbox } from '@carillon/sandbox'
import { spawnApp, testDatabase, testKeys } from '@carillon/testing'
import type { NodeProcess } from '@carillon/testing'
import type { Test } from 'tap'
import { request } from 'undici'
import { runCarillon } from './run-carillon.ts'
import type { Exit, Environment } from './run-carillon.ts'

export interface TestStack {
  database: Database
  /** The address and key of the API, for `carillon`. */
  env: Environment
  carillon: (...args: string[]) => Promise<Exit>
  /** Starts the API again at the same port, after `api().kill()`. */
  startApi: () => Promise<void>
  api: () => NodeProcess
  startWorker: () => Promise<NodeProcess>
  /** Connects a Pushbullet account for each user. Returns the ids of the connections. */
  connect: (...userIds: string[]) => Promise<string[]>
  /** Creates a team and its missing users. */
  putTeam: (teamId: string, ownerId: string, ...memberIds: string[]) => Promise<void>
  /** Moves all scheduled times into the past, far enough for a worker to find them. */
  makeDue: () => Promise<void>
  control: <Response>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<Response>
  /** The number of pushes with this title in the simulator. */
  arrived: (title: string) => Promise<number>
}

/** Starts an API process with a simulator and an empty database. The worker starts on request. */
export async function startTestStack (t: Test): Promise<TestStack> {
  const { url: DATABASE_URL } = await testDatabase(t)
  const sandbox = await openSandbox()
  t.teardown(() => sandbox.close())
  const database = openDatabase({ url: DATABASE_URL, max: 1 })
  t.teardown(() => database.close())
  const { key } = await createApiKey(database, { name: 'terminal', scopes: [...scopes] })
  const shared = {
    DATABASE_URL,
    CARILLON_KEYS: testKeys(),
    QUEUE_PREFIX: `test-${randomBytes(6).toString('hex')}`,
    RECONCILE_SECONDS: '1',
    // The API starts again on it.
    PORT: String(await freePort()),
    ...sandbox.environment('pushbullet')
  }
  let api = spawnApi()
  const { url } = await api.ready
  const env = { CARILLON_API_URL: url, CARILLON_API_KEY: key }

  function spawnApi (): NodeProcess {
    return spawnApp(t, 'api', { env: shared })
  }

  async function callJson<Response> (method: string, address: string, body?: object): Promise<Response> {
    const response = await request(address, {
      method: method as 'GET',
      headers: { authorization: `Bearer ${key}`, ...body === undefined ? {} : { 'content-type': 'application/json' } },
      body: body === undefined ? null : JSON.stringify(body)
    })
    const text = await response.body.text()
    if (response.statusCode >= 400) throw new Error(`${method} ${address} returned ${response.statusCode}: ${text}`)
    return JSON.parse(text)
  }

  const control: TestStack['control'] = async (method, path, body) => await callJson(method, `${sandbox.url}/_control${path}`, body)

  return {
    database,
    env,
    carillon: async (...args) => await runCarillon(args, env),
    api: () => api,
    async startApi () {
      api = spawnApi()
      await api.ready
    },
    async startWorker () {
      const worker = spawnApp(t, 'worker', { env: shared })
      await worker.ready
      return worker
    },
    async connect (...userIds) {
      const { data: accounts } = await control<{ data: Array<{ account: string, accessToken: string }> }>(
        'POST', '/accounts', { provider: 'pushbullet', count: userIds.length })
      const connections = accounts.map(({ account, accessToken }, index) => ({
        userId: userIds[index], provider: 'pushbullet', credentials: { accessToken }, account: { id: account, name: account }
      }))
      const { data } = await callJson<{ data: Array<{ connectionId: string }> }>('POST', `${url}/v1/connections/import`, { connections })
      return data.map(({ connectionId }) => connectionId)
    },
    async putTeam (teamId, ownerId, ...memberIds) {
      await callJson('PUT', `${url}/v1/teams/${teamId}`, { name: teamId, ownerId, memberIds })
    },
    async makeDue () {
      await database.sql`update notifications set send_at = now() - interval '10 seconds' where send_at > now()`
    },
    control,
    async arrived (title) {
      const { data } = await control<{ data: Array<{ item: { title?: string } }> }>('GET', '/inbox?provider=pushbullet')
      return data.filter(({ item }) => item.title === title).length
    }
  }
}

/** `user-0`, `user-1`, … */
export function users (count: number): string[] {
  return Array.from({ length: count }, (_, index) => `user-${index}`)
}
