import { and, eq, isNull, lte, ne, or, sql } from 'drizzle-orm'
import { handshakes } from '../db/index.ts'
import type { Database } from '../db/index.ts'

/**
 * Deletes the user's handshakes that have ended, and returns their number. One that a request has claimed ends by itself, and one
 * with a grant keeps it until `revokeAbandonedGrants` has queued its revocation.
 */
export async function eraseHandshakes ({ db }: Pick<Database, 'db'>, userId: string): Promise<number> {
  const rows = await db.delete(handshakes).where(and(eq(handshakes.userId, userId), isNull(handshakes.obtainedAt), or(
    ne(handshakes.status, 'pending'), isNull(handshakes.claimedAt), lte(handshakes.claimedAt, sql`now() - interval '10 minutes'`)
  ))).returning({ id: handshakes.id })
  return rows.length
}

export async function hasHandshakes ({ db }: Pick<Database, 'db'>, userId: string): Promise<boolean> {
  const rows = await db.select({ id: handshakes.id }).from(handshakes).where(eq(handshakes.userId, userId)).limit(1)
  return rows.length > 0
}
