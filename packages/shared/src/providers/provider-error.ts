import type { TransportCode } from './transport-error.ts'

/**
 * What to do next, decided by a provider's own `judge`:
 * `transient` try again later · `rateLimited` wait until `retryAt`, at no cost of an attempt ·
 * `expired` the token is too old: refresh it and try again ·
 * `unauthorized` the token is dead, the user must reconnect · `rejected` this message will never be taken ·
 * `quota` the account has used up what it may send · `malformed` the answer made no sense.
 */
export type Verdict =
  | { kind: 'transient', reason: string }
  | {
    kind: 'rateLimited'
    reason: string
    /** Milliseconds since the epoch. */
    retryAt: number
    /** Whom the provider wants to hear nothing from: with `host`, anybody of ours; else, or absent, this connection. */
    scope?: 'connection' | 'host'
  }
  | { kind: 'expired', reason: string }
  | { kind: 'unauthorized', reason: string }
  | {
    kind: 'rejected'
    reason: string
    /** It is too much for one answer: less of it may be taken. */
    isTooMuch?: true
  }
  | { kind: 'quota', reason: string }
  | { kind: 'malformed', reason: string }

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
