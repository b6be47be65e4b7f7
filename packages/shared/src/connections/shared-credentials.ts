import { isDeepStrictEqual } from 'node:util'
import { inArray } from 'drizzle-orm'
import { grants } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { openUnparsed } from '../grants/index.ts'
import type { Credentials, Grant } from '../providers/index.ts'
import type { Vault } from '../vault/index.ts'
import { OverlappingGrantError } from './overlapping-grant-error.ts'

/**
 * Those of the shared grants `ids` whose stored credentials stay. The caller has locked the grants. Throws OverlappingGrantError
 * when the order of two requests decides, and is not known.
 */
export async function findKeptGrants<Given extends { id: string, grant: Grant }> (
  { db }: Pick<Database, 'db'>, vault: Vault, all: readonly Given[], ids: string[]
): Promise<Set<Given>> {
  if (ids.length === 0) return new Set()
  const rows = await db.select().from(grants).where(inArray(grants.id, ids))
  const stored = new Map(rows.map((row) => [row.id, row]))
  return new Set(all.filter(({ id, grant }) => {
    const row = stored.get(id)
    return row !== undefined && grant.shared !== undefined && isKept(row, grant, vault)
  }))
}

type StoredGrant = typeof grants.$inferSelect

function isKept ({ id, status, credentials, expiresAt, updatedAt }: StoredGrant, grant: Grant, vault: Vault): boolean {
  if (status !== 'active') {
    // The credentials that should stay have ended since this was decided.
    if (grant.shared?.keepsStored === true) throw new OverlappingGrantError()
    return false
  }
  if (grant.shared?.keepsStored === true) return true
  // Imported credentials may be old. They must not end the access of everybody else.
  if (grant.requestedAt === undefined) return grant.expiresAt === undefined || expiresAt === null || grant.expiresAt <= expiresAt
  if (updatedAt < grant.requestedAt || grant.credentials.refreshToken === undefined) return false
  const known = openUnparsed(vault, id, credentials)
  if (known !== undefined && !isSameAccess(known, grant.credentials)) throw new OverlappingGrantError()
  return false
}

/** Whether the new grant has a token of the old one, or the same address. Revoking those would end the new grant. */
export function isSameAccess (old: Credentials, fresh: Credentials): boolean {
  if (old.accessToken === undefined && fresh.accessToken === undefined) return isDeepStrictEqual(old, fresh)
  return old.accessToken === fresh.accessToken || (old.refreshToken !== undefined && old.refreshToken === fresh.refreshToken)
}
