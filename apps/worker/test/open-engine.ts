import { openDatabase, ensureUser, newId } from '@carillon/shared/db'
import { createRefresher, createRegistrations, saveConnections } from '@carillon/shared/connections'
import { createLog } from '@carillon/shared/log'
import {
  createAccepter, dispatchWaiting, findDelivery, findNotification, openDeliveryQueues, releaseParked
} from '@carillon/shared/notifications'
import type { Accepted, Draft, ExplainedDelivery } from '@carillon/shared/notifications'
import { createHttp, createProviders } from '@carillon/shared/providers'
import { openQueueBackend } from '@carillon/shared/queue'
import { createVault, parseVaultKeys } from '@carillon/shared/vault'
import { openSandbox } from '@carillon/sandbox'
import { testKeys, until } from '@carillon/testing'
import type { BackendEnvironment } from '@carillon/testing'
import type { Test } from 'tap'
import { startWorkers } from '../src/workers.ts'

export interface InboxEntry {
  id: string
  account: string
  item: { guid?: string, title?: string, body?: string }
}

/** The delivery engine in this process, against a simulator of its own. Everything ends with the test. */
export async function openEngine (
  t: Test, env: BackendEnvironment, { leaseMs = 10_000, reconcileEveryMs = 500, start = true } = {}
) {
  const sandbox = await openSandbox({ port: 0 })
  const lines: string[] = []
  const log = createLog({ name: 'test', level: 'debug', destination: { write: (line) => { lines.push(line) } } })
  const database = openDatabase({ url: env.DATABASE_URL, max: 5 })
  const backend = openQueueBackend({
    databaseUrl: env.DATABASE_URL, redisUrl: env.REDIS_URL, prefix: env.QUEUE_PREFIX, onError: (err) => log.warn({ err }, 'queue')
  })
  const pushbullet = {
    clientId: 'carillon',
    clientSecret: 'sandbox-secret',
    authorizeUrl: `${sandbox.url}/pushbullet/authorize`,
    apiUrl: `${sandbox.url}/pushbullet`
  }
  const providers = createProviders({ pushbullet })
  const queues = openDeliveryQueues(backend, providers.keys())
  const http = createHttp({ trustedOrigins: [sandbox.url], allowPrivateHosts: [] })
  const vault = createVault(parseVaultKeys(testKeys()))
  const accepter = createAccepter({ database, queues, log })
  const stopping = new AbortController()
  const giveUp = new AbortController()
  const services = {
    database,
    queues,
    providers,
    vault,
    http,
    registrations: createRegistrations(database, vault),
    refresher: createRefresher({
      database,
      vault,
      log,
      onRecovered: async (id) => {
        await releaseParked(database, [id])
        await dispatchWaiting(database, queues)
      }
    }),
    log,
    now: Date.now,
    concurrency: 16,
    leaseMs,
    stopping: stopping.signal,
    giveUp: giveUp.signal
  }
  const startWorker = () => startWorkers({ backend, services, jobsPerProvider: 2, reconcileEveryMs })
  let worker = start ? startWorker() : undefined

  async function stopWorker (): Promise<void> {
    stopping.abort()
    await worker?.close()
    worker = undefined
  }

  t.teardown(async () => {
    giveUp.abort()
    await stopWorker()
    await accepter.close()
    for (const queue of queues.values()) await queue.close()
    await Promise.all([backend.close(), http.close(), database.close(), sandbox.close()])
    if (!t.passing()) t.comment(lines.join(''))
  })

  const control = async <Body>(method: string, path: string, body?: object): Promise<Body> => {
    const response = await fetch(`${sandbox.url}/_control${path}`, {
      method, ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return await response.json() as Body
  }
  const newTokens = async (count: number) =>
    (await control<{ data: Array<{ account: string, accessToken: string }> }>('POST', '/accounts', { provider: 'pushbullet', count })).data

  /** Gives each user a Pushbullet account of the simulator's, replacing the one they had; answers the connections' ids. */
  async function connect (...userIds: string[]): Promise<string[]> {
    const tokens = await newTokens(userIds.length)
    const grants = await Promise.all(userIds.map(async (externalId, index) => {
      const { account, accessToken } = tokens[index] ?? { account: '', accessToken: '' }
      const { id: userId } = await ensureUser(database, { externalId })
      return { userId, provider: 'pushbullet', grant: { credentials: { accessToken }, account: { id: account, name: account } } }
    }))
    const saved = await saveConnections(database, vault, grants)
    await releaseParked(database, saved.map(({ id }) => id))
    await dispatchWaiting(database, queues)
    return saved.map(({ id }) => id)
  }

  async function notify (userIds: string[], fields: Partial<Draft> = {}): Promise<Accepted> {
    return accepter.accept({
      id: newId(), origin: 'api', audience: { userIds }, message: { type: 'note', title: 'Hello', body: 'World' }, ...fields
    })
  }

  async function inbox (): Promise<InboxEntry[]> {
    return (await control<{ data: InboxEntry[] }>('GET', '/inbox?provider=pushbullet')).data
  }

  /** The delivery, once it is in this state. */
  async function delivery (notificationId: string, connectionId: string, state: string): Promise<ExplainedDelivery> {
    return until(async () => {
      const found = await findDelivery(database, notificationId, connectionId)
      return found?.state === state ? found : undefined
    }, { timeoutMs: 30_000 })
  }

  /** The counts, once nothing is under way any more. */
  async function counts (notificationId: string) {
    return until(async () => {
      const found = await findNotification(database, notificationId)
      return found?.status === 'completed' ? found.counts : undefined
    }, { timeoutMs: 30_000 })
  }

  return {
    services, database, backend, queues, lines, control, connect, notify, inbox, delivery, counts, startWorker, stopWorker
  }
}
