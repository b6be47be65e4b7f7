import type { Registrations } from '@carillon/clients'
import type { Credentials } from './credentials.ts'
import type { FileContext, LimitScope } from '@carillon/http'

/** The external services that a provider's client may use: network, cancellation, clock, files, and client registrations. */
export interface RequestContext extends FileContext {
  registrations: Registrations
  /** Where the recipient of a message turns off messages to this connection. Absent when the message belongs to none. */
  unsubscribeUrl?: () => string
  /**
   * Awaited before each request of a pull, and by clients that have waited for a free connection. Rejects when the request must
   * not be sent now.
   */
  beforeRequest?: () => Promise<void>
  /** Receives the used share of the limit for all connections together, in percent, whenever a response states it. */
  onUsage?: (percent: number) => void
  /**
   * Receives a limit that is nearly reached: no more requests go to `scope` until `retryAt`, in milliseconds since the epoch.
   */
  onNearLimit?: (rest: { scope: LimitScope, retryAt: number }) => void
  /** Makes a token with which the user's device reports that the user opened the message. Absent outside of deliveries. */
  seenToken?: () => string
  /**
   * Receives credentials that replace those of the request, when the provider moved the address of the connection. They are
   * stored, and later messages use them. `accountId` is the account's new id, if that changed too.
   */
  onMoved?: (credentials: Credentials, accountId?: string) => void
  /**
   * Awaited before the first use of credentials that `revoke` had to refresh. The provider no longer accepts the old ones, so
   * only stored credentials survive an interruption.
   */
  onRefreshed?: (credentials: Credentials) => Promise<void>
}
