import { loadConfig } from '@carillon/shared/config'
import { newId } from '@carillon/shared/db'
import { ensureUser } from '@carillon/shared/users'
import { saveConnections } from '@carillon/shared/connections'
import { createLog } from '@carillon/shared/log'
import { findDelivery, releaseDeliveries } from '@carillon/shared/deliveries'
import { createAccepter, findNotification } from '@carillon/shared/notifications'
import type { Accepted, ExplainedDelivery } from '@carillon/shared/deliveries'
import type { Draft } from '@carillon/shared/notifications'
import { createRuntime } from '@carillon/shared/runtime'
import { openSandbox } from '@carillon/sandbox'
import { testKeys, until } from '@carillon/testing'
import type { BackendEnvironment } from '@carillon/testing'
import type { Test } from 'tap'
import { createServices } from '../src/create-services.ts'
import type { PullServices } from '../src/pulls/pull-services.ts'
import { startWorkers } from '../src/workers.ts'

export interface InboxEntry {
  id: string
  account: string
  /** When it arrived; ISO 8601. */
  at: string
  item: { guid?: string, title?: string, body?: string }
}

export interface TestStackOptions {
  leaseMs?: number
  reconcileEveryMs?: number
  start?: boolean
  perSecond?: Map<string, number>
  /** Pushbullet alone when absent. */
  offer?: string[]
  /** pump.io hosts besides the simulator's own. */
  pumpioHosts?: string[]
  /** Where the Graph API is; the simulator's when absent. */
  graphUrl?: string
  /** Hosts that URLs of messages may lead to although they are private. */
  allowPrivateHosts?: string[]
  keys?: string
  pace?: PullServices['pace']
}

const dailyPace = { backfillDays: 30, rereadDays: 7, everyMs: 24 * 3_600_000 }

/** The delivery engine in this process, against simulators of its own. Everything ends with the test. */
export async function startTestStack (
  t: Test, env: BackendEnvironment,
  {
    leaseMs = 10_000, reconcileEveryMs = 500, start = true, perSecond = new Map(), offer = ['pushbullet'], pumpioHosts = [], graphUrl,
    allowPrivateHosts = [], pace = dailyPace, keys = testKeys()
  }: TestStackOptions = {}
) {
  const sandbox = await openSandbox({ port: 0 })
  const lines: string[] = []
  const log = createLog({ name: 'test', level: 'debug', destination: { write: (line) => { lines.push(line) } } })
  const environment = sandbox.environment(...offer)
  const config = loadConfig({
    ...env,
    CARILLON_KEYS: keys,
    ALLOW_PRIVATE_HOSTS: allowPrivateHosts.join(','),
    DELIVER_REQUESTS: '16',
    ...environment,
    ...pumpioHosts.length > 0 && { PUMPIO_HTTP_HOSTS: [environment['PUMPIO_HTTP_HOSTS'], ...pumpioHosts].join(',') },
    ...graphUrl !== undefined && { FACEBOOK_GRAPH_URL: graphUrl }
  }, ['DATABASE_URL', 'CARILLON_KEYS'])
  const runtime = createRuntime(config, { log, now: Date.now, maxConnections: 5 })
  const { database, queueBackend: backend, providers, queues, vault } = runtime
  const accepter = createAccepter(runtime)
  const stopping = new AbortController()
  const aborting = new AbortController()
  const services = {
    ...createServices(runtime, { stopping: stopping.signal, aborting: aborting.signal }),
    perSecond,
    leaseMs,
    pace
  }
  const startWorker = () => startWorkers({ runtime, services, jobsPerProvider: 2, reconcileEveryMs })
  let worker = start ? startWorker() : undefined

  async function stopWorker (): Promise<void> {
    stopping.abort()
    await worker?.close()
    worker = undefined
  }

  t.teardown(async () => {
    aborting.abort()
    await stopWorker()
    await accepter.close()
    await runtime.close()
    await sandbox.close()
    if (!t.passing()) t.comment(lines.join(''))
  })

  /** All that must never be read in a log. */
  const secrets: string[] = []
  const control = async <Body>(method: string, path: string, body?: object): Promise<Body> => {
    const response = await fetch(`${sandbox.url}/_control${path}`, {
      method, ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return await response.json() as Body
  }

  /** Gives each user a Pushbullet account of the simulator's, replacing the one they had; answers the connections' ids. */
  async function connect (...userIds: string[]): Promise<string[]> {
    return (await connectAt('pushbullet', userIds)).map(({ id }) => id)
  }

  /** The same at any provider; answers whose account it is, too. */
  async function connectAt (providerId: string, userIds: string[]): Promise<Array<{ id: string, account: string }>> {
    const provider = providers.get(providerId)
    if (provider === undefined) throw new Error(`${providerId} is not offered`)
    const { data } = await control<{ data: Array<{ account: string }> }>('POST', '/accounts', { provider: providerId, count: userIds.length })
    const grants = await Promise.all(userIds.map(async (externalId, index) => {
      const granted = data[index] ?? { account: '' }
      const { id: userId } = await ensureUser(database, { externalId })
      const account = { id: granted.account, name: granted.account }
      const credentials = provider.parseCredentials(granted)
      secrets.push(...Object.entries(credentials).flatMap(([name, value]) => /token|secret/i.test(name) ? [String(value)] : []))
      return { userId, provider: providerId, grant: { credentials, account } }
    }))
    const saved = await saveConnections(database, vault, grants)
    await releaseDeliveries(runtime, saved.map(({ id }) => id))
    return saved.map(({ id }, index) => ({ id, account: data[index]?.account ?? '' }))
  }

  async function notify (userIds: string[], fields: Partial<Draft> = {}): Promise<Accepted> {
    return accepter.accept({
      id: newId(), origin: 'api', audience: { userIds }, message: { type: 'note', title: 'Hello', body: 'World' }, ...fields
    })
  }

  async function inbox (): Promise<InboxEntry[]> {
    return inboxOf('pushbullet')
  }

  async function inboxOf (provider: string, account = ''): Promise<InboxEntry[]> {
    return (await control<{ data: InboxEntry[] }>('GET', `/inbox?${new URLSearchParams({ provider, account })}`)).data
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
    services,
    database,
    backend,
    queues,
    lines,
    secrets,
    control,
    connect,
    connectAt,
    notify,
    inbox,
    inboxOf,
    delivery,
    counts,
    startWorker,
    stopWorker
  }
}
