/**
 * The meaning of an unsuccessful response, which decides what happens next:
 * - `transient`: retry later.
 * - `rateLimited`: wait until `retryAt`. This uses up no attempt.
 * - `expired`: the access token has expired. Refresh it and retry.
 * - `unauthorized`: the token no longer works. The user must reconnect.
 * - `rejected`: the provider will never accept this message.
 * - `quota`: the account has used up its quota.
 * - `malformed`: the response cannot be parsed.
 */
export type Failure =
  | { kind: 'transient', reason: string }
  | {
    kind: 'rateLimited'
    reason: string
    /** Milliseconds since the epoch. */
    retryAt: number
    /** What must wait: with `host`, every connection at that host; otherwise only this connection. */
    scope?: 'connection' | 'host'
  }
  | { kind: 'expired', reason: string }
  | { kind: 'unauthorized', reason: string }
  | {
    kind: 'rejected'
    reason: string
    /** The provider accepts a smaller query: fewer days, or a shorter page. */
    isTooMuch?: true
  }
  | { kind: 'quota', reason: string }
  | { kind: 'malformed', reason: string }
