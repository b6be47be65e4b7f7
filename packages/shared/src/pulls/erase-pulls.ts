import { inArray, sql } from 'drizzle-orm'
import type { TransactionSql } from 'postgres'
import { adAccounts, pulls } from '../db/index.ts'
import type { Database } from '../db/index.ts'

/**
 * Erases what was read through connections that are closed. The `pulls` rows go first: a running pull checks its row before it
 * stores anything, and stops.
 */
export async function erasePulls ({ db }: Pick<Database, 'db'>, connectionIds: string[]): Promise<void> {
  if (connectionIds.length === 0) return
  await db.delete(pulls).where(inArray(pulls.connectionId, connectionIds))
  await db.delete(adAccounts).where(inArray(adAccounts.connectionId, connectionIds))
}

/** The same in a transaction of postgres.js. */
export async function erasePullsIn (tx: TransactionSql, connectionIds: string[]): Promise<void> {
  await tx`delete from pulls where connection_id = any (${connectionIds}::uuid[])`
  await tx`delete from ad_accounts where connection_id = any (${connectionIds}::uuid[])`
}

/** Makes the pulls of these connections due now: with new credentials, what could not be read before need not wait. */
export async function hurryPulls ({ db }: Pick<Database, 'db'>, connectionIds: string[]): Promise<void> {
  if (connectionIds.length === 0) return
  await db.update(pulls).set({ dueAt: sql`least(${pulls.dueAt}, now())` }).where(inArray(pulls.connectionId, connectionIds))
}
