import { randomBytes } from 'node:crypto'
import { createApiKey } from '@carillon/shared/api-keys'
import { openDatabase, scopes } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import { openSandbox } from '@carillon/sandbox'
import { spawnApp, testDatabase, testKeys } from '@carillon/testing'
import type { NodeProcess } from '@carillon/testing'
import type { Test } from 'tap'
import { request } from 'undici'
import { runCarillon } from '../connect/run-carillon.ts'
import type { Ended, Environment } from '../connect/run-carillon.ts'

export interface Ground {
  database: Database
  /** By which `carillon` finds the API. */
  env: Environment
  carillon: (...args: string[]) => Promise<Ended>
  /** Starts the API again where it was, after `api().kill()`. */
  startApi: () => Promise<void>
  api: () => NodeProcess
  startWorker: () => Promise<NodeProcess>
  /** Gives each user an account at Pushbullet, and answers the connections' ids. */
  connect: (...userIds: string[]) => Promise<string[]>
  /** Makes a team, and whoever in it is new. */
  putTeam: (teamId: string, ownerId: string, ...memberIds: string[]) => Promise<void>
  /** Makes all that is scheduled due, and long enough for a worker to find it. */
  makeDue: () => Promise<void>
  control: <Answer>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<Answer>
  /** How many pushes of this title the simulator has taken. */
  arrived: (title: string) => Promise<number>
}

/** An API as a process of its own against a simulator, an empty database, and a worker as soon as it is asked for. */
export async function openGround (t: Test): Promise<Ground> {
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
    ...sandbox.environment('pushbullet')
  }
  let port = '0'
  let api = spawnApi()
  const { url } = await api.ready
  port = new URL(url).port
  const env = { CARILLON_API_URL: url, CARILLON_API_KEY: key }

  function spawnApi (): NodeProcess {
    return spawnApp(t, 'api', { env: { ...shared, PORT: port } })
  }

  async function ask<Answer> (method: string, address: string, body?: object): Promise<Answer> {
    const answer = await request(address, {
      method: method as 'GET',
      headers: { authorization: `Bearer ${key}`, ...body === undefined ? {} : { 'content-type': 'application/json' } },
      body: body === undefined ? null : JSON.stringify(body)
    })
    const text = await answer.body.text()
    if (answer.statusCode >= 400) throw new Error(`${method} ${address} answered ${answer.statusCode}: ${text}`)
    return JSON.parse(text)
  }

  const control: Ground['control'] = async (method, path, body) => await ask(method, `${sandbox.url}/_control${path}`, body)

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
      const { data } = await ask<{ data: Array<{ connectionId: string }> }>('POST', `${url}/v1/connections/import`, { connections })
      return data.map(({ connectionId }) => connectionId)
    },
    async putTeam (teamId, ownerId, ...memberIds) {
      await ask('PUT', `${url}/v1/teams/${teamId}`, { name: teamId, ownerId, memberIds })
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
