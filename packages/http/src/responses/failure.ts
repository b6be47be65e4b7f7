/**
 * The meaning of an unsuccessful response, which decides what happens next:
 * - `transient`: retry later.
 * - `rateLimited`: wait until `retryAt`. This uses up no attempt.
 * - `expired`: the access token has expired. Refresh it and retry.
 * - `unauthorized`: the token no longer works. The user must reconnect.
 * - `missingPermission`: the token works, but the user must reconnect and allow more.
 * - `gone`: the address no longer exists. The connection ends.
 * - `rejected`: the provider will never accept this message.
 * - `quota`: the account has used up its quota.
 * - `misconfigured`: the provider refuses the deployment itself, such as its bot token. Only an operator can fix it.
 * - `malformed`: the response cannot be parsed.
 */
export type Failure =
  | {
    kind: 'transient'
    reason: string
    /** The earliest useful retry, in milliseconds since the epoch. Absent when the usual schedule applies. */
    notBefore?: number
    /** The provider received the whole message and did not confirm it. A repetition may show it twice. */
    mayHaveArrived?: true
    /** Nothing was sent: all connections of the client were in use. This uses up no attempt. */
    notStarted?: true
    /** What this failure becomes when it lasts. */
    lasting?: LastingFailure
  }
  | {
    kind: 'rateLimited'
    reason: string
    /** Milliseconds since the epoch. */
    retryAt: number
    scope?: LimitScope
  }
  | { kind: 'expired', reason: string }
  | { kind: 'unauthorized', reason: string }
  | { kind: 'missingPermission', reason: string, missing: string[] }
  | { kind: 'gone', reason: string }
  | {
    kind: 'rejected'
    reason: string
    /** The provider accepts a smaller query: fewer days, or a shorter page. */
    isTooMuch?: true
  }
  | { kind: 'quota', reason: string }
  | {
    kind: 'misconfigured'
    reason: string
    /** What is refused: everything (`app`, the default), one host, or only this connection, whose user cannot fix it either. */
    scope?: LimitScope
    /** What this failure becomes when it lasts. Only for the scope `connection`: everything else waits for the operator. */
    lasting?: LastingFailure
  }
  | { kind: 'malformed', reason: string }

/**
 * What a failure becomes once it lasts: after at least `times` failures of the same `rule` in a row, the first of them at least
 * `ms` milliseconds ago. They are counted for each connection, over all its messages. `rejected` fails the message and leaves the
 * connection alone; the others end the access.
 */
export interface LastingFailure {
  /** The id of the rule. It is stored with the count, so other failures do not count. */
  rule: string
  kind: 'unauthorized' | 'gone' | 'rejected'
  reason: string
  times: number
  ms: number
}

/**
 * What must wait for a rate limit: only this connection (the default), every connection at the same `account.host`, or every
 * connection of the provider (`app`).
 */
export type LimitScope = 'connection' | 'host' | 'app'
