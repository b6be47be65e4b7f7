import { createHmac } from 'node:crypto'
import type { Vault } from '../vault/index.ts'

/**
 * What happened to the credentials of a connection. `notSupported`: the provider cannot revoke them. `inUse`: other connections
 * use them.
 */
type RevocationOutcome = 'pending' | 'revoked' | 'failed' | 'notSupported' | 'inUse'

/** A connection that the deletion closed. */
export interface ClosedConnection {
  connectionId: string
  provider: string
  /** The site's id of the team that owned the connection. Null for the user's own. */
  teamId: string | null
  revocation: RevocationOutcome
  reason: string | null
}

/** The deletion of a user, and what became of the user's data. */
export interface UserDeletion {
  requestedAt: Date
  /** Null while the worker is erasing. */
  completedAt: Date | null
  connections: ClosedConnection[]
  /** The site's ids of the teams that the user was in, and of those that need another owner. */
  teams: { left: string[], ownerless: string[] }
  /** The number of erased items by kind. */
  erased: Record<string, number>
}

const purpose = 'user deletions'

/** The keyed hashes of the site's id by all keys. The first is stored. */
export function digestsOf (vault: Vault, externalId: string): [string, ...string[]] {
  const [first, ...others] = vault.derive(purpose).map((key) => createHmac('sha256', key).update(externalId).digest('base64url'))
  if (first === undefined) throw new Error('A vault has a key')
  return [first, ...others]
}

/** What replaces the site's id of a deleted user. */
export function pseudonymOf (userId: string): string {
  return `deleted:${userId}`
}
