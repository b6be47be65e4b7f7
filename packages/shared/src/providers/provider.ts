import type { Inbound, Proxies, Pulls, Refreshes, Revokes, Sends } from './capabilities.ts'
import type { Account, Credentials } from './credentials.ts'
import type { Handshakes } from './handshakes.ts'
import type { RequestContext } from './request-context.ts'

/** What every provider can do. All that can fail throws ProviderError, whose kind says what to do next. */
export interface ProviderCore<C extends Credentials = Credentials> {
  readonly id: string
  readonly name: string
  /** Whose account is connected: a user's own, or one that belongs to a team and that the team's owner connects. */
  readonly holder: 'user' | 'team'
  /** Where its servers are by configuration, such as `https://api.example.com`. Requests there need no guard. */
  readonly origins: readonly string[]
  readonly handshakes: Handshakes<C>
  /** Reads credentials that came from outside (an import, the vault). Throws ProviderError `malformed` for anything else. */
  parseCredentials (value: unknown): C
  /** The account of the credentials. Throws ProviderError `unauthorized` when they are dead. */
  identify (credentials: C, call: RequestContext): Promise<Account>
  /**
   * Reads the account that the user names before a handshake begins, such as `nick@host`. Throws ProviderError `rejected`.
   * Absent when the user names none.
   */
  parseAccount? (text: string): { host: string, name: string }
}

/**
 * A provider and its capabilities. An absent member is something that the service cannot do: `provider.send?.(…)` is the
 * capability check. They are methods, whose parameters are bivariant, so that providers with their own shape of credentials
 * fit in one registry.
 */
export interface Provider<C extends Credentials = Credentials> extends
  ProviderCore<C>, Partial<Sends<C>>, Partial<Refreshes<C>>, Partial<Revokes<C>>, Partial<Proxies<C>>, Partial<Pulls<C>>,
  Partial<Inbound> {}
