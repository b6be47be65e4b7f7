import type { ApiKey } from '@carillon/shared/api-keys'
import type { DatabaseFacts } from '@carillon/shared/db'
import type { Unplanned } from '@carillon/shared/notifications'
import type { RedisFacts } from '@carillon/shared/queue'
import type { WorkerState } from '@carillon/shared/workers'
import type { ProviderStatus } from './read-providers.ts'

/** The state of the whole deployment. */
export interface Status {
  /** The version of this API process. */
  version: string
  now: Date
  workers: WorkerState[]
  providers: ProviderStatus[]
  unplanned: Unplanned
  database: DatabaseFacts
  queue: QueueStatus
  /** API keys that expire soon, or have expired although they were in use. */
  keysToRenew: ApiKey[]
}

/** `redis` is undefined when the jobs are in PostgreSQL, and null when Redis does not respond. */
export interface QueueStatus {
  kind: 'redis' | 'postgres'
  redis: RedisFacts | null | undefined
}

/** Something that a person has to look at. */
export interface Attention {
  severity: 'error' | 'warning'
  /** What it is about: `workers`, `database`, `queue`, `keys`, or the id of a provider. */
  subject: string
  explanation: string
  nextStep: string
}
