import { createApiKey } from '@carillon/shared/api-keys'
import { parseId, scopes } from '@carillon/shared/db'
import { deliveryKeyOf } from '@carillon/shared/deliveries'
import type { Channel } from '../channels/channel.ts'
import { message } from '../message.ts'
import type { Person } from './audience.ts'
import { callJson } from './call-json.ts'
import type { OwnDatabase } from './databases.ts'
import type { BenchContext } from './bench-context.ts'
import type { Child } from './spawn.ts'

export type BackendKind = 'redis' | 'postgres'

/** An API and an optional worker, with their own database. */
export interface Carillon {
  apiUrl: string
  key: string
  api: Child
  /** The latest worker. Throws when none was started. */
  worker: Child
  workers: readonly Child[]
  database: OwnDatabase
  /** Those with a Pushbullet account. */
  people: Person[]
  /** Starts a worker: a first one, or one that replaces a worker that has ended. */
  startWorker: () => Promise<void>
  notify: (audience: { userIds: string[] } | { everyone: true }, options?: { onUnknown?: 'resend' | 'hold' }) => Promise<string>
  status: (id: string) => Promise<NotificationProgress>
  control: (id: string, step: 'pause' | 'resume' | 'cancel') => Promise<void>
  close: () => Promise<void>
}

/** The API's data about a notification. */
export interface NotificationProgress {
  status: string
  deliveries: number
  counts: Record<string, number>
  progress: Array<{ provider: string, counts: Record<string, number>, secondsLeft: number | null }>
}

export interface CarillonOptions {
  backend: BackendKind
  /** The number of connected people. */
  audience: number
  /** The providers to which each of them is connected. Default: Pushbullet alone. */
  channels?: Channel[]
  /** The number of hosts among which the connections are divided, where `channels` are given. */
  hosts?: number
  /** The number of worker processes. Default: 1. */
  workers?: number
  /** Settings of the API and the worker that differ from the defaults. */
  settings?: Record<string, string>
}

/** The store of jobs in measurements that do not compare stores. */
export function usualBackend ({ redis }: BenchContext): BackendKind {
  return redis === undefined ? 'postgres' : 'redis'
}

let opened = 0

/** A measurement sends more requests than a site. */
const unlimited = { RATE_LIMIT_PER_KEY: '1000000000', RATE_LIMIT_PER_USER: '1000000000', RATE_LIMIT_PER_IP: '1000000000' }

export async function openCarillon (
  environment: BenchContext,
  { backend, audience, channels, hosts, workers: count = 1, settings = {} }: CarillonOptions
): Promise<Carillon> {
  const template = channels === undefined
    ? await environment.connected(audience)
    : await environment.seated(channels, audience, hosts)
  const database = await environment.databases.create(template)
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
    ...unlimited,
    ...await environment.simulator.environment(channels?.map(({ provider }) => provider) ?? ['pushbullet']),
    ...settings
  }
  try {
    const api = start('api')
    const workers = Array.from({ length: count }, () => start('worker'))
    const { key } = await createApiKey(database, { name: 'bench', scopes: [...scopes] })
    await Promise.all(workers.map((worker) => worker.ready))
    const apiUrl = (await api.ready).url ?? ''
    const call = <Result>(method: string, path: string, body?: object) =>
      callJson<Result>(method, apiUrl + path, { body, token: key })
    return {
      apiUrl,
      key,
      api,
      get worker () { return workers.at(-1) ?? noWorker() },
      workers,
      database,
      people: channels === undefined ? await environment.people(audience) : [],
      startWorker: async () => {
        const worker = start('worker')
        workers.push(worker)
        await worker.ready
      },
      notify: async (audience, options = {}) => (await call<{ id: string }>('POST', '/v1/notifications', { audience, message, ...options })).id,
      status: (id) => call('GET', `/v1/notifications/${id}`),
      control: async (id, step) => { await call('POST', `/v1/notifications/${id}/${step}`) },
      close
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The guid with which a notification reaches a person. */
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
