import type { TransportCode } from '../client/transport-error.ts'
import type { Failure } from './failure.ts'

/**
 * The only error that a provider's client throws. Its message contains host, status and our own reason, and never a token or a
 * body.
 */
export class ProviderError extends Error {
  override readonly name = 'ProviderError'
  readonly failure: Failure
  readonly host: string
  /** HTTP status. Absent when no response arrived. */
  readonly status: number | undefined
  /** Why no response arrived, if so. */
  readonly transport: TransportCode | undefined

  constructor (failure: Failure, host: string, status?: number, transport?: TransportCode) {
    super(`${host}: ${failure.reason}${status === undefined ? '' : ` (HTTP ${status})`}`)
    this.failure = failure
    this.host = host
    this.status = status
    this.transport = transport
  }
}

/** Whether the provider requires a smaller query: fewer days, or a shorter page. */
export function isTooMuch (error: unknown): boolean {
  return error instanceof ProviderError && error.failure.kind === 'rejected' && error.failure.isTooMuch === true
}
