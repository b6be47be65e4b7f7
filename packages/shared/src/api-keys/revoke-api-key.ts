import { and, arrayContains, eq, isNull, sql } from 'drizzle-orm'
import { apiKeys } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { keyStatus } from './api-key.ts'

/** Revokes a key. False when it does not exist or is already revoked. */
export async function revokeApiKey ({ db }: Pick<Database, 'db'>, id: string): Promise<boolean> {
  const rows = await db.update(apiKeys).set({ revokedAt: sql`now()` })
    .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt))).returning({ id: apiKeys.id })
  return rows.length === 1
}

/**
 * Revokes a key for the key `callerId`, which must have the scope `admin`. Does nothing when the caller was revoked meanwhile
 * (`callerRevoked`), when no other key could manage keys (`lastAdmin`), or when the key is revoked already (`unchanged`).
 */
export async function revokeApiKeyBy (
  { db }: Database, callerId: string, id: string, now: number
): Promise<'revoked' | 'unchanged' | 'callerRevoked' | 'lastAdmin'> {
  return await db.transaction(async (tx) => {
    // Two keys that revoke one another wait here for each other.
    const admins = await tx.select({ id: apiKeys.id, expiresAt: apiKeys.expiresAt, revokedAt: apiKeys.revokedAt }).from(apiKeys)
      .where(and(isNull(apiKeys.revokedAt), arrayContains(apiKeys.scopes, ['admin']))).orderBy(apiKeys.id).for('no key update')
    if (!admins.some((admin) => admin.id === callerId)) return 'callerRevoked'
    if (!admins.some((admin) => admin.id !== id && keyStatus(admin, now) === 'active')) return 'lastAdmin'
    return await revokeApiKey({ db: tx }, id) ? 'revoked' : 'unchanged'
  })
}
