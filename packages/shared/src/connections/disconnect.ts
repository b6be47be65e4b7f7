import { and, inArray, ne, sql } from 'drizzle-orm'
import { connections, grants } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { releaseGrants } from '../grants/index.ts'
import type { Revocation } from '../grants/index.ts'
import { erasePulls } from '../pulls/erase-pulls.ts'
import type { Vault } from '../vault/index.ts'
import { recordEvents } from './events.ts'

/** Why connections end, and how their credentials are revoked. Without `revocation`, they are only erased. */
export interface ConnectionEnd {
  reason: string
  revocation?: Revocation | undefined
}

/**
 * Closes the connection at the user's request, and erases its credentials unless other connections use them. With `revokeWith`,
 * also queues their revocation. False when the connection does not exist or is already closed.
 */
export async function disconnect (
  { db }: Pick<Database, 'db'>, id: string, { revokeWith }: { revokeWith?: Vault | undefined } = {}
): Promise<boolean> {
  const revocation = revokeWith === undefined ? undefined : { vault: revokeWith, canRevoke: () => true }
  const ended = await db.transaction(async (tx) => await endRows(tx, [id], { reason: 'disconnected', revocation }))
  return ended.length === 1
}

/** Closes open connections, with their events, inside a transaction. Returns which were open. */
export async function endRows (tx: Database['db'], ids: string[], { reason, revocation }: ConnectionEnd): Promise<string[]> {
  if (ids.length === 0) return []
  const isOpen = and(inArray(connections.id, ids), ne(connections.status, 'revoked'))
  // Grants are locked before connections, like in every statement.
  const held = tx.select({ id: connections.grantId }).from(connections).where(isOpen)
  await tx.select({ id: grants.id }).from(grants).where(inArray(grants.id, held)).orderBy(grants.id).for('update')
  const open = await tx.select({ connectionId: connections.id, grantId: connections.grantId, accountId: connections.accountId })
    .from(connections).where(isOpen).orderBy(connections.id).for('no key update')
  const ended = open.map(({ connectionId }) => connectionId)
  if (ended.length === 0) return []
  await tx.update(connections).set({
    status: 'revoked',
    statusReason: reason,
    disconnectedAt: sql`now()`,
    target: null,
    limitedUntil: null,
    updatedAt: sql`now()`
  }).where(inArray(connections.id, ended))
  await releaseGrants({ db: tx }, open, revocation)
  await erasePulls({ db: tx }, ended)
  await recordEvents({ db: tx }, ended.map((connectionId) => ({
    connectionId, event: 'connection.disconnected', ...reason !== 'disconnected' && { reason }
  })))
  return ended
}
