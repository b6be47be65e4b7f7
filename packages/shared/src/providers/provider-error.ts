import type { TransportCode, Failure } from '../http/index.ts'

/**
 * The one error a provider's client throws. Its message holds host, status and a reason of our own words:
 * never a token, never a body.
 */
export class ProviderError extends Error {
  override readonly name = 'ProviderError'
  readonly failure: Failure
  readonly host: string
  /** HTTP status, absent when no answer came. */
  readonly status: number | undefined
  /** Why no answer came, where that is so. */
  readonly transport: TransportCode | undefined

  constructor (failure: Failure, host: string, status?: number, transport?: TransportCode) {
    super(`${host}: ${failure.reason}${status === undefined ? '' : ` (HTTP ${status})`}`)
    this.failure = failure
    this.host = host
    this.status = status
    this.transport = transport
  }
}

/** Whether the provider wants a smaller query: fewer days, or a shorter page. */
export function isTooMuch (error: unknown): boolean {
  return error instanceof ProviderError && error.failure.kind === 'rejected' && error.failure.isTooMuch === true
}
