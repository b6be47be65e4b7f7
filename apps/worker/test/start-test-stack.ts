import { loadDeployment } from '@carillon/shared/config'
import { newId } from '@carillon/shared/db'
import { ensureUser } from '@carillon/shared/users'
import { saveConnections } from '@carillon/shared/connections'
import { createLog } from '@carillon/shared/log'
import { findDelivery, releaseDeliveries } from '@carillon/shared/deliveries'
import { createAccepter, findNotification } from '@carillon/shared/notifications'
import type { Accepted, ExplainedDelivery } from '@carillon/shared/deliveries'
import type { Draft } from '@carillon/shared/notifications'
import type { Provider, ProviderDefinition } from '@carillon/shared/providers'
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
  /** The time of arrival, in ISO 8601. */
  at: string
  item: { guid?: string, title?: string, body?: string }
}

export interface TestStackOptions {
  leaseMs?: number
  reconcileEveryMs?: number
  start?: boolean
  perSecond?: Map<string, number>
  /** The offered providers. */
  offer?: string[]
  /** Hosts of pump.io besides the simulator's. */
  pumpioHosts?: string[]
  /** Variables that replace those of the sandbox. */
  environment?: Record<string, string>
  /** Replaces the simulator's Graph API. */
  graphUrl?: string
  /** Private hosts that URLs of messages may use. */
  allowPrivateHosts?: string[]
  keys?: string
  pace?: PullServices['pace']
  /** Replaces some functions of each provider's client. */
  change?: (provider: Provider) => Partial<Provider>
}

const dailyPace = { backfillDays: 30, rereadDays: 7, everyMs: 24 * 3_600_000 }

/** Starts the worker's services and simulators in this process. They stop when the test ends. */
export async function startTestStack (
  t: Test, env: BackendEnvironment,
  {
    leaseMs = 10_000, reconcileEveryMs = 500, start = true, perSecond = new Map(), offer = ['pushbullet'], pumpioHosts = [], environment: replaced = {}, graphUrl,
    allowPrivateHosts = [], pace = dailyPace, keys = testKeys(), change = () => ({})
  }: TestStackOptions = {}
) {
  const sandbox = await openSandbox({ port: 0 })
  const lines: string[] = []
  const log = createLog({ name: 'test', level: 'debug', destination: { write: (line) => { lines.push(line) } } })
  const environment = sandbox.environment(...offer)
  const { config, definitions } = loadDeployment({
    ...env,
    CARILLON_KEYS: keys,
    ALLOW_PRIVATE_HOSTS: allowPrivateHosts.join(','),
    DELIVER_MAX_IN_FLIGHT: '32',
    ...environment,
    ...pumpioHosts.length > 0 && { PUMPIO_HTTP_HOSTS: [environment['PUMPIO_HTTP_HOSTS'], ...pumpioHosts].join(',') },
    ...graphUrl !== undefined && { FACEBOOK_GRAPH_URL: graphUrl },
    ...replaced
  }, ['DATABASE_URL', 'CARILLON_KEYS'])
  const changed = definitions.map((definition): ProviderDefinition => ({
    ...definition,
    create (values, site) {
      const provider = definition.create(values, site)
      return provider && { ...provider, ...change(provider) }
    }
  }))
  const runtime = createRuntime(config, { log, now: Date.now, maxConnections: 5, definitions: changed })
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
  const startWorker = () => startWorkers({ runtime, services, reconcileEveryMs })
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

  /** Values that must not appear in a log. */
  const secrets: string[] = []
  const control = async <Body>(method: string, path: string, body?: object): Promise<Body> => {
    const response = await fetch(`${sandbox.url}/_control${path}`, {
      method, ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return await response.json() as Body
  }

  /** Connects each user to a simulated Pushbullet account, which replaces the last one. Returns the connections' ids. */
  async function connect (...userIds: string[]): Promise<string[]> {
    return (await connectAt('pushbullet', userIds)).map(({ id }) => id)
  }

  /** Connects each user at this provider. Returns the ids and the accounts. */
  async function connectAt (providerId: string, userIds: string[]): Promise<Array<{ id: string, account: string }>> {
    const provider = providers.get(providerId)
    if (provider === undefined) throw new Error(`${providerId} is not offered`)
    const { data } = await control<{ data: Array<{ account: string, host?: string }> }>('POST', '/accounts', { provider: providerId, count: userIds.length })
    const grants = await Promise.all(userIds.map(async (externalId, index) => {
      const granted: { account: string, host?: string } = data[index] ?? { account: '' }
      const { id: userId } = await ensureUser(database, { externalId })
      const { account: name, host } = granted
      const account = { id: name, name, ...host !== undefined && { host } }
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

  /** Waits until the delivery is in this state. */
  async function delivery (notificationId: string, connectionId: string, state: string): Promise<ExplainedDelivery> {
    return until(async () => {
      const found = await findDelivery(database, notificationId, connectionId)
      return found?.state === state ? found : undefined
    })
  }

  /** The counts, after the notification is completed. */
  async function counts (notificationId: string) {
    return until(async () => {
      const found = await findNotification(database, notificationId)
      return found?.status === 'completed' ? found.counts : undefined
    })
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
