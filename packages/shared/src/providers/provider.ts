import type { Inbound, Proxies, Pulls, Refreshes, Revokes, Sends } from './capabilities.ts'
import type { Account, Credentials, SharedGrant } from './credentials.ts'
import type { Handshakes } from './handshakes.ts'
import type { RequestContext } from './request-context.ts'

/**
 * How many accounts an owner may connect: `one`, which another account replaces, or `many`. With `manyExclusive`, an account
 * belongs to one owner at a time: connecting it ends the connections of others to it.
 */
export type Accounts = 'one' | 'many' | 'manyExclusive'

/** The members of every provider. All of them throw ProviderError, whose kind decides the next step. */
export interface ProviderCore<C extends Credentials = Credentials> {
  readonly id: string
  readonly name: string
  /** The owner of connected accounts: a user, or a team, whose owner connects the account. */
  readonly holder: 'user' | 'team'
  readonly accounts: Accounts
  /** The configured origins of its servers, such as `https://api.example.com`. Requests to them need no guard. */
  readonly origins: readonly string[]
  /**
   * The hosts whose health is that of the whole provider, when `origins` does not name them. Where there are none, each
   * `account.host` has a health of its own.
   */
  readonly ownHosts?: readonly string[]
  readonly handshakes: Handshakes<C>
  /** Parses credentials from an import or the vault. Throws ProviderError `malformed` for invalid ones. */
  parseCredentials (value: unknown): C
  /** Returns the account of the credentials. Throws ProviderError `unauthorized` when they no longer work. */
  identify (credentials: C, context: RequestContext): Promise<Account>
  /** True when the credentials contain the account, so that `identify` sends no request. */
  readonly identifiesOffline?: true
  /**
   * The credentials to store when the user connects an account again: `fresh`, with what must go on working of `old`. Defaults to
   * `fresh`.
   */
  mergeCredentials? (old: C, fresh: C, now: number): C
  /**
   * Separates imported credentials into what several connections share, and the target of this connection. Undefined when no
   * other connection can use them. Absent when that is always so.
   */
  share? (credentials: C, account: Account): { credentials: Credentials, shared: SharedGrant } | undefined
  /**
   * Parses the account that the user enters before a handshake, such as `nick@host`. Throws ProviderError `rejected`. Absent
   * when the user enters none.
   */
  parseAccount? (text: string): { host: string, name: string }
  /**
   * Connects to the service and logs in, and sends nothing. Throws ProviderError. Absent when `origins` and the first request
   * show as much.
   */
  checkServer? (): Promise<void>
  /** Closes connections that the client keeps open between requests. Absent when it uses only `context.http`. */
  close? (): Promise<void>
}

/**
 * A provider and its capabilities. The service lacks a capability whose member is absent: `provider.send?.(…)` checks for it.
 * The members are methods, because the parameters of methods are bivariant. Providers with their own credentials type therefore
 * fit in one registry.
 */
export interface Provider<C extends Credentials = Credentials> extends
  ProviderCore<C>, Partial<Sends<C>>, Partial<Refreshes<C>>, Partial<Revokes<C>>, Partial<Proxies<C>>, Partial<Pulls<C>>,
  Partial<Inbound> {}
