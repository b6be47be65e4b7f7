import type { Http } from '../http/index.ts'
import type { FileStore } from './files/file-store.ts'
import type { Registrations } from './registrations.ts'

/** The external services that a provider's client may use: network, cancellation, clock, and client registrations. */
export interface RequestContext {
  http: Http
  signal: AbortSignal
  /** Milliseconds since the epoch. */
  now: () => number
  registrations: Registrations
  /** The store for message files, and the notification of the request. Without it, each file is loaded separately. */
  files?: { store: FileStore, notificationId: string }
  /** Awaited before each request of a pull. Rejects when the request must not be sent now. */
  beforeRequest?: () => Promise<void>
  /** Receives the used share of the limit for all connections together, in percent, whenever a response states it. */
  onUsage?: (percent: number) => void
  /**
   * Receives a limit that is nearly reached: no more requests go to `scope` until `retryAt`, in milliseconds since the epoch.
   */
  onNearLimit?: (rest: { scope: 'connection' | 'host', retryAt: number }) => void
}
