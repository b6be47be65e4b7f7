import type { Refresher } from '@carillon/shared/connections'
import type { Database } from '@carillon/shared/db'
import type { DeliveryQueues } from '@carillon/shared/deliveries'
import type { FileStore, Http } from '@carillon/http'
import type { Log } from '@carillon/shared/log'
import type { Provider, Registrations } from '@carillon/shared/providers'
import type { Breakers } from '@carillon/shared/throttling'
import type { Vault } from '@carillon/shared/vault'

export interface DeliverServices {
  database: Database
  queues: DeliveryQueues
  providers: ReadonlyMap<string, Provider>
  /** Requests per second that a provider takes, by its id; without an entry there is no limit. */
  perSecond: ReadonlyMap<string, number>
  breakers: Breakers
  vault: Vault
  http: Http
  /** The files of messages, which all recipients of a notification share. */
  fileStore: FileStore
  registrations: Registrations
  refresher: Refresher
  log: Log
  now: () => number
  /** Requests at a time, in each batch. */
  concurrency: number
  leaseMs: number
  retentionDays: number
  /** Aborts when the worker is asked to stop: nothing new is begun. */
  stopping: AbortSignal
  /** Aborts a while later: what is still under way is given up. */
  giveUp: AbortSignal
}
