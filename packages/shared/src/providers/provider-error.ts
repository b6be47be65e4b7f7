import type { TransportCode, Verdict } from '../http/index.ts'

/**
 * The one error a provider's client throws. Its message holds host, status and a reason of our own words:
 * never a token, never a body.
 */
export class ProviderError extends Error {
  override readonly name = 'ProviderError'
  readonly verdict: Verdict
  readonly host: string
  /** HTTP status, absent when no answer came. */
  readonly status: number | undefined
  /** Why no answer came, where that is so. */
  readonly transport: TransportCode | undefined

  constructor (verdict: Verdict, host: string, status?: number, transport?: TransportCode) {
    super(`${host}: ${verdict.reason}${status === undefined ? '' : ` (HTTP ${status})`}`)
    this.verdict = verdict
    this.host = host
    this.status = status
    this.transport = transport
  }
}

/** Whether the provider wants a smaller query: fewer days, or a shorter page. */
export function isTooMuch (error: unknown): boolean {
  return error instanceof ProviderError && error.verdict.kind === 'rejected' && error.verdict.isTooMuch === true
}
