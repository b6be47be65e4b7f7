import { and, eq, inArray, or, sql } from 'drizzle-orm'
import { connections, revocations } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import type { Revocation } from '../grants/index.ts'
import { endRows } from './disconnect.ts'

/** Why the provider ended an account's connections. */
export interface AccountEnd {
  provider: string
  /** The account, or the person who granted access to accounts. */
  accountId: string
  /** The `statusReason` of the closed connections. */
  reason: string
  /** When the provider reported it. Keeps connections that were connected later. */
  at: Date
  /** Whether to delete all data about the account too, also that of closed connections. */
  erases?: boolean
  /** How credentials that the provider did not revoke are revoked. */
  revocation?: Revocation | undefined
}

/**
 * Closes the account's connections and deletes their credentials and pulled data, in one transaction. Returns the ids of the
 * closed connections. Without `revocation`, the provider has already revoked the credentials.
 */
export async function closeAccount (
  { db }: Database, { provider, accountId, reason, at, erases = false, revocation }: AccountEnd
): Promise<string[]> {
  return await db.transaction(async (tx) => {
    // The time of a notice may be in whole seconds, so events of that second count as earlier.
    const meant = await tx.select({ id: connections.id }).from(connections).where(and(
      eq(connections.provider, provider), or(eq(connections.accountId, accountId), eq(connections.grantedBy, accountId)), sql`not exists (
        select from connection_events where connection_id = ${connections.id}
          and event in ('connection.connected', 'connection.reconnected') and at >= ${at.toISOString()}::timestamptz + interval '1 second')`))
    const ids = meant.map(({ id }) => id)
    const closed = await endRows(tx, ids, { reason, revocation })
    if (erases && ids.length > 0) {
      await tx.update(connections).set({ accountId: '', accountName: '', grantedBy: null }).where(inArray(connections.id, ids))
      await tx.delete(revocations).where(inArray(revocations.connectionId, ids))
    }
    return closed
  })
}
