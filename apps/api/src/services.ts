import type { EndpointClient, EventJob } from '@carillon/shared/endpoints'
import type { Refresher } from '@carillon/shared/grants'
import type { Database } from '@carillon/shared/db'
import type { Log } from '@carillon/shared/log'
import type { ApiMetrics, MetricsReader } from '@carillon/shared/metrics'
import type { DeliveryQueues } from '@carillon/shared/deliveries'
import type { Accepter } from '@carillon/shared/notifications'
import type { Provider, Registrations } from '@carillon/shared/providers'
import type { StreamingHttp } from '@carillon/http'
import type { PullJob } from '@carillon/shared/pulls'
import type { JobQueue, QueueBackend } from '@carillon/shared/queue'
import type { Tracing } from '@carillon/shared/tracing'
import type { Vault, VaultKey } from '@carillon/shared/vault'

/** The dependencies of the server. main.ts and the tests open them. */
export interface Services {
  database: Database
  vault: Vault
  /** The first signs user tokens, and all verify. */
  userTokenKeys: [VaultKey, ...VaultKey[]]
  /** The providers this deployment offers, by id. */
  providers: ReadonlyMap<string, Provider>
  http: StreamingHttp
  /** For the endpoints of the site. */
  endpointClient: EndpointClient
  /** Client registrations at hosts that users choose. */
  registrations: Registrations
  refresher: Refresher
  queues: DeliveryQueues
  /** Starts pulls. */
  pullQueue: Pick<JobQueue<PullJob>, 'add'>
  /** Wakes a worker that sends events. */
  eventQueue: Pick<JobQueue<EventJob>, 'add'>
  queueBackend: Pick<QueueBackend, 'kind' | 'check' | 'inspect' | 'openCounts'>
  accepter: Pick<Accepter, 'accept' | 'acceptAll'>
  /** The maximum of requests per second for each provider, by its id. A provider without an entry has no limit. */
  perSecond: ReadonlyMap<string, number>
  /** The number of due deliveries to named users from which notifications are refused. */
  maxWaiting: number
  outgoingLimits: OutgoingLimits
  welcome: WelcomeMessage
  rateLimits: RateLimits
  /** The maximum of open streams of each API key and each user, at this process. */
  maxStreams: number
  /** Addresses and ranges of reverse proxies, whose `X-Forwarded-For` is believed. */
  trustedProxies: string[]
  apiMetrics: ApiMetrics
  tracing?: Tracing | undefined
  /** Undefined without METRICS_TOKEN. */
  metricsReader: MetricsReader | undefined
  log: Log
  /** Milliseconds since the epoch. */
  now: () => number
  site: Site
}

/** The message to users who connect an account. Its texts may contain `{provider}` and `{site}`. */
interface WelcomeMessage {
  when: 'off' | 'first' | 'always'
  title: string
  body: string
}

/** Limits of requests per minute that the API makes to providers for its callers. */
interface OutgoingLimits {
  perUser: number
  /** For each host that users choose. */
  perHost: number
  perProvider: number
}

/** Limits of the cost of requests per minute to the API. */
interface RateLimits {
  perKey: number
  perUser: number
  /** For requests without a valid token. */
  perIp: number
  /** For requests of providers to `/inbound`. */
  inboundPerIp: number
}

export interface Site {
  /** PUBLIC_URL: how browsers reach this server, without a trailing slash. */
  publicUrl: string
  /** SITE_NAME, for pages and messages. */
  name: string
  /** Origins of the site's frontends, which may call `/v1` from a browser and receive users back. */
  allowedOrigins: string[]
  /** ALLOW_LOOPBACK_ORIGINS: whether pages on this machine may do the same. */
  allowsLoopback: boolean
}
