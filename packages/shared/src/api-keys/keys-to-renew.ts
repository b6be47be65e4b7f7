import { and, asc, gt, isNull, lte, or, sql } from 'drizzle-orm'
import { apiKeys } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { keyColumns, toApiKey } from './api-key.ts'
import type { ApiKey } from './api-key.ts'

const days = 24 * 60 * 60 * 1000
const attentionMs = 14 * days
/** A deployment with hundreds of them needs no longer list. */
const maxListed = 20

/**
 * Keys that expire within 14 days, and those that expired within the last 14 days although they were in use. The earliest
 * expiry is first.
 */
export async function listKeysToRenew ({ db }: Pick<Database, 'db'>, now: number): Promise<ApiKey[]> {
  const wasInUse = gt(apiKeys.lastUsedAt, sql`${apiKeys.expiresAt} - interval '1 day'`)
  const rows = await db.select(keyColumns).from(apiKeys).where(and(
    isNull(apiKeys.revokedAt),
    lte(apiKeys.expiresAt, new Date(now + attentionMs)),
    gt(apiKeys.expiresAt, new Date(now - attentionMs)),
    or(gt(apiKeys.expiresAt, new Date(now)), wasInUse)
  )).orderBy(asc(apiKeys.expiresAt)).limit(maxListed)
  return rows.map(toApiKey)
}
