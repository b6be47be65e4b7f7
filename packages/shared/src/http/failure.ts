/**
 * What a response that is no success means, which decides what to do next:
 * `transient` try again later · `rateLimited` wait until `retryAt`, which costs no attempt ·
 * `expired` the token is too old, so refresh it and try again ·
 * `unauthorized` the token is dead, the user must reconnect · `rejected` the provider will never accept this message ·
 * `quota` the account has used up what it may send · `malformed` the response cannot be understood.
 */
export type Failure =
  | { kind: 'transient', reason: string }
  | {
    kind: 'rateLimited'
    reason: string
    /** Milliseconds since the epoch. */
    retryAt: number
    /** What has to wait: with `host`, every connection at that host; else, or absent, this connection. */
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
