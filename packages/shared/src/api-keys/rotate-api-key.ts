import { and, eq, isNull, sql } from 'drizzle-orm'
import { apiKeys } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { keyColumns, toApiKey } from './api-key.ts'
import type { ApiKey } from './api-key.ts'
import { hashKey, newSecret } from './secrets.ts'

export const defaultOverlapSeconds = 24 * 60 * 60
export const maxOverlapSeconds = 30 * defaultOverlapSeconds
/** A key that is rotated many times must not make its row long. */
const maxEarlier = 5

export interface Rotation {
  /** For how long earlier secrets still work. */
  overlapSeconds: number
  /** Replaces the expiry of the key. */
  expiresAt?: Date | null | undefined
  now: number
}

/** Gives a key another secret. Undefined when there is no such key, or it is revoked. */
export async function rotateApiKey (
  { db }: Pick<Database, 'db'>, id: string, { overlapSeconds, expiresAt, now }: Rotation
): Promise<{ apiKey: ApiKey, key: string } | undefined> {
  const key = newSecret(id)
  return await db.transaction(async (tx) => {
    const [before] = await tx.select({ hash: apiKeys.secretHash, earlierSecrets: apiKeys.earlierSecrets }).from(apiKeys)
      .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt))).for('no key update')
    if (before === undefined) return undefined
    const until = now + overlapSeconds * 1_000
    const earlier = before.earlierSecrets.map((one) => ({ ...one, until: Math.min(one.until, until) }))
    const [row] = await tx.update(apiKeys).set({
      secretHash: hashKey(key),
      earlierSecrets: [{ hash: before.hash, until }, ...earlier].slice(0, maxEarlier),
      rotatedAt: new Date(now),
      version: sql`${apiKeys.version} + 1`,
      ...expiresAt !== undefined && { expiresAt }
    }).where(eq(apiKeys.id, id)).returning(keyColumns)
    return row && { apiKey: toApiKey(row), key }
  })
}
