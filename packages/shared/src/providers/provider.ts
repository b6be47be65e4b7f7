import type { Http } from './http.ts'
import type { Message } from './message.ts'

/** What a provider's client needs to act for one account. Plain JSON: it is sealed before it is stored. */
export interface Credentials {
  accessToken: string
  refreshToken?: string
}

/** The account behind the credentials, as people know it. */
export interface Account {
  id: string
  name: string
}

/** What a finished handshake brings. `expiresAt` is absent when the provider states no expiry. */
export interface Grant<C extends Credentials = Credentials> {
  credentials: C
  account: Account
  expiresAt?: Date
}

/** The whole seam to the outside world: network, cancellation and clock. */
export interface Call {
  http: Http
  signal: AbortSignal
  /** Milliseconds since the epoch. */
  now: () => number
}

/** What the provider gave back for a delivered message; kept with the delivery. */
export interface Receipt {
  id: string
}

/** Facts about the redirect way in, for an OAuth 2 framework to act on. */
export interface CodeHandshake<C extends Credentials = Credentials> {
  clientId: string
  clientSecret: string
  authorizeUrl: string
  tokenUrl: string
  /** Where the token endpoint looks for the client's credentials, and in which format it reads its request. */
  tokenRequest: { credentials: 'body' | 'header', format: 'form' | 'json' }
  scope: string[]
  /**
   * How the provider's answer finds its handshake again: a parameter inside `redirect_uri` comes back untouched.
   */
  correlation: 'redirect-query'
  /** Turns the token endpoint's JSON into credentials and asks who they belong to. Throws ProviderError. */
  accept (token: Record<string, unknown>, call: Call): Promise<Grant<C>>
}

export interface Handshakes<C extends Credentials = Credentials> {
  code?: CodeHandshake<C>
}

/**
 * What is absent is a thing the service cannot do: `provider.send?.(…)` is the capability check. All that can fail throws
 * ProviderError, whose verdict says what to do next. Methods, not properties: their parameters are bivariant, so that
 * providers with credentials of their own shape fit in one registry.
 */
export interface Provider<C extends Credentials = Credentials> {
  readonly id: string
  readonly name: string
  /** Where its servers are by configuration, such as `https://api.example.com`. Requests there need no guard. */
  readonly origins: readonly string[]
  readonly handshakes: Handshakes<C>
  /** Reads credentials that came from outside (an import, the vault); throws ProviderError `malformed` when they are not ours. */
  parseCredentials (value: unknown): C
  /** Whose credentials these are. Throws ProviderError `unauthorized` when they are dead. */
  identify (credentials: C, call: Call): Promise<Account>
  /**
   * Sends one message. `key` is a UUID that is the same for every try of one delivery, so that a provider with an
   * idempotency handle shows the message once however often it is sent.
   */
  send? (message: Message, key: string, credentials: C, call: Call): Promise<Receipt>
}
