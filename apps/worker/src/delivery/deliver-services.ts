import type { UnsubscribeLinks } from '@carillon/shared/connections'
import type { Refresher } from '@carillon/shared/grants'
import type { Database } from '@carillon/shared/db'
import type { DeliveryQueues } from '@carillon/shared/deliveries'
import type { FileStore, Http } from '@carillon/http'
import type { Log } from '@carillon/shared/log'
import type { WorkerMetrics } from '@carillon/shared/metrics'
import type { Provider, Registrations } from '@carillon/shared/providers'
import type { Breakers, Paces } from '@carillon/shared/throttling'
import type { Tracing } from '@carillon/shared/tracing'
import type { Vault } from '@carillon/shared/vault'
import type { ClaimRoom } from '../concurrency/claim-room.ts'
import type { Limiter } from '../concurrency/limiter.ts'

export interface DeliverServices {
  database: Database
  queues: DeliveryQueues
  providers: ReadonlyMap<string, Provider>
  /** The maximum of requests per second, by provider. A provider without an entry has no limit. */
  perSecond: ReadonlyMap<string, number>
  breakers: Breakers
  paces: Paces
  metrics: WorkerMetrics
  tracing?: Tracing | undefined
  vault: Vault
  http: Http
  /** Downloaded files, which all recipients of a notification share. */
  fileStore: FileStore
  registrations: Registrations
  refresher: Refresher
  unsubscribeLinks: UnsubscribeLinks
  log: Log
  now: () => number
  limiter: Limiter
  room: ClaimRoom
  leaseMs: number
  retentionDays: number
  eventRetentionDays: number
  auditRetentionDays: number
  /** Aborts when the worker is asked to stop: it starts no new request. */
  stopping: AbortSignal
  /** Aborts at the end of the drain timeout: running requests end. */
  aborting: AbortSignal
}
