import type { Database } from '../db/index.ts'
import { endAccess } from './mark-needs-reauth.ts'

/**
 * Marks a shared grant and all its connections as `needsReauth`, because the provider reported its end at `at`. False when it is
 * not active, or has newer credentials.
 */
export async function refuseGrant (
  database: Database, { provider, key, reason, at }: { provider: string, key: string, reason: string, at: Date }
): Promise<boolean> {
  const { sql } = database
  return await endAccess(database, sql`
    update grants set status = 'needsReauth', lease_owner = null, lease_until = null, updated_at = now()
    where provider = ${provider} and key = ${key} and status = 'active' and updated_at <= ${at.toISOString()}::timestamptz
    returning id`, reason)
}
