import type { Database } from '../db/index.ts'
import type { Credentials, Grant, Provider } from '../providers/index.ts'
import type { Vault } from '../vault/index.ts'

/** The owner of a connection, by Carillon's ids: a user, or a team and the user who connects for it. */
type OwnerRef = { userId: string } | { teamId: string, connectedBy: string }

/** A grant for a connection. */
export type NewConnection = OwnerRef & { provider: string, grant: Grant }

/** What a provider's definition says about its connections. */
export interface ConnectionRules {
  accounts: Provider['accounts']
  canRevoke: boolean
  /** The credentials to store when `old` are replaced by `fresh`. Defaults to `fresh`. */
  merge?: ((old: Credentials, fresh: Credentials) => Credentials) | undefined
}

export type Transaction = Database['db']

/** What every step of storing connections needs. */
export interface Saving {
  tx: Transaction
  vault: Vault
  all: NewConnection[]
  rulesOf: (provider: string) => ConnectionRules
}
