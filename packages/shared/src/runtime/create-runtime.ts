import { publicUrl } from '../config/index.ts'
import type { Config } from '../config/index.ts'
import { createRegistrations } from '../connections/index.ts'
import { createRefresher } from '../grants/index.ts'
import type { Refresher } from '../grants/index.ts'
import { openClock } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { openDeliveryQueues, releaseDeliveries } from '../deliveries/index.ts'
import type { DeliveryQueues } from '../deliveries/index.ts'
import { createEndpointClient, eventQueueName } from '../endpoints/index.ts'
import type { EndpointClient, EventJob } from '../endpoints/index.ts'
import { createHttp, formatUserAgent, isLoopback } from '@carillon/http'
import type { StreamingHttp } from '@carillon/http'
import { createLog, logRepeats } from '../log/index.ts'
import type { Log } from '../log/index.ts'
import { createMetrics, measurePools, measureStores, refreshOutcomes } from '../metrics/index.ts'
import type { Metrics } from '../metrics/index.ts'
import { createProviders, definitions, maxPerSecond, trustedOrigins } from '../providers/index.ts'
import type { Provider, ProviderDefinition, Registrations } from '../providers/index.ts'
import { pullQueueName } from '../pulls/index.ts'
import type { PullJob } from '../pulls/index.ts'
import type { JobQueue, QueueBackend } from '../queue/index.ts'
import type { Tracing } from '../tracing/index.ts'
import { createVault } from '../vault/index.ts'
import type { Vault } from '../vault/index.ts'
import { openStores } from './open-stores.ts'
import type { Stores } from './open-stores.ts'

export type RuntimeConfig = Config<'DATABASE_URL' | 'CARILLON_KEYS'>

/** What the API, the worker and their tests share. */
export interface Runtime {
  config: RuntimeConfig
  log: Log
  database: Database
  queueBackend: QueueBackend
  vault: Vault
  /** The providers that this deployment offers, by id. */
  providers: ReadonlyMap<string, Provider>
  /** The maximum of requests per second for each provider, by its id. A provider without an entry has no limit. */
  perSecond: ReadonlyMap<string, number>
  http: StreamingHttp
  /** For the endpoints of the site. */
  endpointClient: EndpointClient
  registrations: Registrations
  refresher: Refresher
  queues: DeliveryQueues
  pullQueue: JobQueue<PullJob>
  metrics: Metrics
  /** Undefined without OTEL_EXPORTER_OTLP_ENDPOINT. */
  tracing: Tracing | undefined
  /** Wakes the workers that send events. */
  eventQueue: JobQueue<EventJob>
  /** Milliseconds since the epoch, by the database's clock. */
  now: () => number
  close: () => Promise<void>
}

export interface RuntimeOverrides {
  log?: Log | undefined
  /** Replaces the database's clock. */
  now?: (() => number) | undefined
  /** Replaces the registry of providers. The configuration must contain the values of their variables. */
  definitions?: readonly ProviderDefinition[] | undefined
  /** Stores that the caller has opened and closes. */
  stores?: Stores | undefined
  /** The maximum of connections to PostgreSQL, apart from those of the queue. */
  maxConnections?: number | undefined
  metrics?: Metrics | undefined
  tracing?: Tracing | undefined
  /** Aborts the requests to providers. */
  signal?: AbortSignal | undefined
}

/** Creates everything from the configuration. `close` closes it in the reverse order. */
export function createRuntime (config: RuntimeConfig, overrides: RuntimeOverrides = {}): Runtime {
  const { log = createLog({ name: 'carillon', level: config.LOG_LEVEL }), definitions: known = definitions } = overrides
  const { metrics = createMetrics(), tracing, signal } = overrides
  const stores = overrides.stores ?? openStores(config, log, overrides)
  const { database, queueBackend } = stores
  const clock = overrides.now === undefined ? openClock(database) : { now: overrides.now, close: () => {} }
  const vault = createVault(config.CARILLON_KEYS)
  const providers = createProviders(config, known)
  const senders = [...providers.values()].filter(({ send }) => send !== undefined).map(({ id }) => id)
  const queues = openDeliveryQueues(queueBackend, senders)
  const pullQueue = queueBackend.openQueue<PullJob>(pullQueueName)
  const eventQueue = queueBackend.openQueue<EventJob>(eventQueueName)
  const outgoing = {
    allowPrivateHosts: config.ALLOW_PRIVATE_HOSTS,
    userAgent: formatUserAgent(config.PUBLIC_URL),
    ...signal !== undefined && { signal },
    ...tracing !== undefined && { traceparent: tracing.traceparent },
    onRefused: (host: string) => log.info({ host }, 'refused a host that is not public; ALLOW_PRIVATE_HOSTS permits it')
  }
  const http = createHttp({ ...outgoing, trustedOrigins: trustedOrigins(providers) })
  const endpointClient = createEndpointClient({ ...outgoing, allowsLoopback: isDevelopment(config), now: clock.now })
  const refreshing = [...providers.values()].filter(({ refresh }) => refresh !== undefined)
  for (const { id } of refreshing) for (const outcome of refreshOutcomes) metrics.countRefresh(id, outcome, 0)
  const onError = logRepeats(log, 'warn', 'could not read metrics from the database')
  measureStores(metrics.registry, { database, providers: [...providers.keys()], onError })
  measurePools(metrics.registry, { queueBackend, http })
  return {
    config,
    log,
    metrics,
    tracing,
    database,
    queueBackend,
    vault,
    providers,
    perSecond: maxPerSecond(config, known),
    http,
    endpointClient,
    registrations: createRegistrations(database, vault, clock.now),
    refresher: createRefresher({
      database,
      vault,
      log,
      tracing,
      onRecovered: (connectionIds) => releaseDeliveries({ database, queues, log }, connectionIds),
      onAnswered: metrics.countRefresh
    }),
    queues,
    pullQueue,
    eventQueue,
    now: clock.now,
    close: async () => {
      await http.close()
      await endpointClient.close()
      await Promise.all([...providers.values()].map((provider) => provider.close?.()))
      await pullQueue.close()
      await eventQueue.close()
      await queues.close()
      clock.close()
      if (stores !== overrides.stores) await stores.close()
    }
  }
}

/** Browsers reach Carillon only on this machine, so the site runs here too. */
function isDevelopment (config: RuntimeConfig): boolean {
  const { protocol, hostname } = new URL(publicUrl(config))
  return protocol === 'http:' && isLoopback(hostname)
}
