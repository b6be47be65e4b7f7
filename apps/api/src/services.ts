import type { Refresher } from '@carillon/shared/connections'
import type { Database } from '@carillon/shared/db'
import type { Log } from '@carillon/shared/log'
import type { DeliveryQueues } from '@carillon/shared/deliveries'
import type { Accepter } from '@carillon/shared/notifications'
import type { Provider, Registrations } from '@carillon/shared/providers'
import type { StreamingHttp } from '@carillon/shared/http'
import type { PullJob } from '@carillon/shared/pulls'
import type { JobQueue, QueueBackend } from '@carillon/shared/queue'
import type { Vault } from '@carillon/shared/vault'
import type { OutgoingLimits } from './outgoing-budget.ts'

/** All that the server stands on. main.ts opens it, tests bring their own. */
export interface Services {
  database: Database
  vault: Vault
  /** The providers this deployment offers, by id. */
  providers: ReadonlyMap<string, Provider>
  http: StreamingHttp
  /** What hosts of the users' choice have registered us as. */
  registrations: Registrations
  refresher: Refresher
  queues: DeliveryQueues
  /** Wakes whoever reads. */
  pullQueue: Pick<JobQueue<PullJob>, 'add'>
  queueBackend: Pick<QueueBackend, 'kind' | 'check'>
  accepter: Pick<Accepter, 'accept' | 'acceptAll'>
  /** What a provider is sent at most in a second, by its id; one without an entry is not limited. */
  perSecond: ReadonlyMap<string, number>
  /** Deliveries to people by name that may be due and wait before nothing more is accepted. */
  maxWaiting: number
  outgoingLimits: OutgoingLimits
  log: Log
  /** Milliseconds since the epoch. */
  now: () => number
  site: Site
}

export interface Site {
  /** How browsers reach this server, without a slash at its end. */
  publicUrl: string
  /** What pages call the site. */
  name: string
  /** Origins of the site's frontends: they may call `/v1` from a browser and be returned to. */
  allowedOrigins: string[]
}
