import type { Http } from '../http/index.ts'
import type { FileStore } from './files/file-store.ts'
import type { Registrations } from './registrations.ts'

/** Everything outside that a provider's client may use: network, cancellation, clock, and our registrations at hosts. */
export interface RequestContext {
  http: Http
  signal: AbortSignal
  /** Milliseconds since the epoch. */
  now: () => number
  registrations: Registrations
  /** The store for message files, and the notification that is being sent. Without it, no file is shared. */
  files?: { store: FileStore, notificationId: string }
  /** Awaited before each request of a pull. It rejects when the request must not be sent now. */
  beforeRequest?: () => Promise<void>
  /** Receives how much of the limit for all connections together is used, in percent, whenever a response says so. */
  onUsage?: (percent: number) => void
  /** Receives a limit that is nearly reached: `scope` gets no more requests until `retryAt`, milliseconds since the epoch. */
  onNearLimit?: (rest: { scope: 'connection' | 'host', retryAt: number }) => void
}
