import { and, eq, ne, sql } from 'drizzle-orm'
import { connections } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { recordEvents } from './events.ts'

/** What a user may change about a connection. An absent member does not change. */
export interface ConnectionUpdate {
  /** The user's own name for it. Null removes the name. */
  label?: string | null | undefined
  /** Why it receives no notifications. Null: it receives them. */
  muted?: 'muted' | 'unsubscribed' | null | undefined
}

/**
 * Updates an open connection, and records when it is muted or no longer muted. Returns what changed; undefined when the
 * connection does not exist or is closed.
 */
export async function updateConnection (
  { db }: Pick<Database, 'db'>, id: string, { label, muted }: ConnectionUpdate
): Promise<Array<keyof ConnectionUpdate> | undefined> {
  return await db.transaction(async (tx) => {
    const [before] = await tx.select({ muted: connections.muted, label: connections.label }).from(connections)
      .where(and(eq(connections.id, id), ne(connections.status, 'revoked'))).for('no key update')
    if (before === undefined) return undefined
    await tx.update(connections).set({
      ...label !== undefined && { label }, ...muted !== undefined && { muted }, updatedAt: sql`now()`
    }).where(eq(connections.id, id))
    const isMuteChanged = muted !== undefined && (muted === null) !== (before.muted === null)
    if (isMuteChanged) {
      const event = muted === null ? 'connection.unmuted' as const : 'connection.muted' as const
      await recordEvents({ db: tx }, [{ connectionId: id, event, ...muted === 'unsubscribed' && { reason: muted } }])
    }
    const isLabelChanged = label !== undefined && label !== before.label
    return [...isLabelChanged ? ['label' as const] : [], ...isMuteChanged ? ['muted' as const] : []]
  })
}
