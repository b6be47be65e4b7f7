import { inArray, sql } from 'drizzle-orm'
import { adAccounts, pulls } from '../db/index.ts'
import type { Database } from '../db/index.ts'

/**
 * Deletes the pulled data of closed connections. Deletes the `pulls` rows first: a running pull checks its row before storing
 * and stops.
 */
export async function erasePulls ({ db }: Pick<Database, 'db'>, connectionIds: string[]): Promise<void> {
  if (connectionIds.length === 0) return
  await db.delete(pulls).where(inArray(pulls.connectionId, connectionIds))
  await db.delete(adAccounts).where(inArray(adAccounts.connectionId, connectionIds))
}

/** Makes the pulls of reconnected connections due now: data that the old credentials could not read may be available. */
export async function hurryPulls ({ db }: Pick<Database, 'db'>, connectionIds: string[]): Promise<void> {
  if (connectionIds.length === 0) return
  await db.update(pulls).set({ dueAt: sql`least(${pulls.dueAt}, now())` }).where(inArray(pulls.connectionId, connectionIds))
}
