import { createApiKey } from '@carillon/shared/api-keys'
import { parseId, scopes } from '@carillon/shared/db'
import { deliveryKeyOf } from '@carillon/shared/deliveries'
import { message } from '../message.ts'
import type { Person } from './audience.ts'
import { callJson } from './call-json.ts'
import type { OwnDatabase } from './databases.ts'
import type { BenchContext } from './bench-context.ts'
import type { Child } from './spawn.ts'

export type BackendKind = 'redis' | 'postgres'

/** An API and, where asked for, one worker, on a database of their own. */
export interface Carillon {
  apiUrl: string
  key: string
  api: Child
  /** Throws where none was asked for. */
  worker: Child
  database: OwnDatabase
  people: Person[]
  /** Starts a worker: one that was not asked for at first, or another in the place of one that is gone. */
  startWorker: () => Promise<void>
  notify: (audience: { userIds: string[] } | { everyone: true }) => Promise<string>
  status: (id: string) => Promise<NotificationProgress>
  control: (id: string, step: 'pause' | 'resume' | 'cancel') => Promise<void>
  close: () => Promise<void>
}

/** What the API says of a notification. */
export interface NotificationProgress {
  status: string
  deliveries: number
  counts: Record<string, number>
  progress: Array<{ provider: string, counts: Record<string, number>, secondsLeft: number | null }>
}

export interface CarillonOptions {
  backend: BackendKind
  /** How many people are connected. */
  audience: number
  worker?: boolean
  /** Settings of the API and the worker that differ from those they come with. */
  settings?: Record<string, string>
}

/** Where jobs live in measurements that are not about that. */
export function usualBackend ({ redis }: BenchContext): BackendKind {
  return redis === undefined ? 'postgres' : 'redis'
}

let opened = 0

export async function openCarillon (
  environment: BenchContext, { backend, audience, worker: hasWorker = true, settings = {} }: CarillonOptions
): Promise<Carillon> {
  const database = await environment.databases.create(await environment.connected(audience))
  const children: Child[] = []
  const close = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop()))
    await database.drop()
    await environment.simulator.reset()
  }
  const start = (name: 'api' | 'worker'): Child => {
    const child = environment.startApp(name, env)
    children.push(child)
    return child
  }
  const env = {
    DATABASE_URL: database.url,
    ...backend === 'redis' && environment.redis !== undefined ? { REDIS_URL: environment.redis.url } : {},
    QUEUE_PREFIX: `bench-${++opened}`,
    CARILLON_KEYS: environment.keys,
    PORT: '0',
    ...await environment.simulator.environment(),
    ...settings
  }
  try {
    const api = start('api')
    let worker = hasWorker ? start('worker') : undefined
    const { key } = await createApiKey(database, { name: 'bench', scopes: [...scopes] })
    await worker?.ready
    const apiUrl = (await api.ready).url ?? ''
    const call = <Answer>(method: string, path: string, body?: object) =>
      callJson<Answer>(method, apiUrl + path, { body, token: key })
    return {
      apiUrl,
      key,
      api,
      get worker () { return worker ?? noWorker() },
      database,
      people: await environment.people(audience),
      startWorker: async () => {
        worker = start('worker')
        await worker.ready
      },
      notify: async (audience) => (await call<{ id: string }>('POST', '/v1/notifications', { audience, message })).id,
      status: (id) => call('GET', `/v1/notifications/${id}`),
      control: async (id, step) => { await call('POST', `/v1/notifications/${id}/${step}`) },
      close
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The guid under which a notification reaches a person. */
export function guidOf (notificationId: string, { connectionId }: Person): string {
  return deliveryKeyOf(toUuid(notificationId), connectionId)
}

export function toUuid (notificationId: string): string {
  const id = parseId('notification', notificationId)
  if (id === undefined) throw new Error(`The API named a notification ${notificationId}`)
  return id
}

function noWorker (): never {
  throw new Error('No worker was started')
}
