import { and, eq, isNull, sql } from 'drizzle-orm'
import { newId, users } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { DeletedUserError } from './deleted-user-error.ts'

export interface User {
  id: string
  externalId: string
  displayName: string | null
}

/** A user, with what their tokens are checked against. */
export interface TokenUser extends User {
  /** User tokens of earlier generations are revoked. */
  tokenGeneration: number
}

const columns = {
  id: users.id, externalId: users.externalId, displayName: users.displayName, tokenGeneration: users.tokenGeneration
}

/**
 * Finds the user with the site's id `externalId`, or creates it. A `displayName` replaces the stored one. Throws DeletedUserError
 * for the pseudonym of a deleted user.
 */
export async function ensureUser (
  { db }: Database, { externalId, displayName }: { externalId: string, displayName?: string | undefined }
): Promise<TokenUser> {
  const [user] = await db.insert(users).values({ id: newId(), externalId, displayName: displayName ?? null })
    .onConflictDoUpdate({
      target: users.externalId,
      setWhere: isNull(users.deletedAt),
      set: { displayName: sql`coalesce(excluded.display_name, ${users.displayName})`, updatedAt: sql`now()` }
    })
    .returning(columns)
  if (user === undefined) throw new DeletedUserError()
  return user
}

export async function findUser ({ db }: Database, id: string): Promise<TokenUser | undefined> {
  const [user] = await db.select(columns).from(users).where(eq(users.id, id))
  return user
}

/** Revokes all tokens that the user has now, and returns Carillon's id of the user; undefined when there is no such user. */
export async function revokeUserTokens ({ db }: Pick<Database, 'db'>, externalId: string): Promise<string | undefined> {
  const [row] = await db.update(users).set({ tokenGeneration: sql`${users.tokenGeneration} + 1`, updatedAt: sql`now()` })
    .where(and(eq(users.externalId, externalId), isNull(users.deletedAt))).returning({ id: users.id })
  return row?.id
}

/**
 * Returns Carillon's ids by the site's. Creates unknown users, and neither changes nor locks existing ones. Throws
 * DeletedUserError for the pseudonym of a deleted user.
 */
export async function ensureUsers ({ sql }: Database, externalIds: string[]): Promise<Map<string, string>> {
  if (externalIds.length === 0) return new Map()
  // A fixed order, in which two callers cannot deadlock.
  const wanted = [...new Set(externalIds)].sort()
  await sql`
    insert into users (id, external_id)
    select id, external_id from unnest(${wanted.map(() => newId())}::uuid[], ${wanted}::text[]) as wanted (id, external_id)
    on conflict (external_id) do nothing`
  const rows = await sql<Array<{ id: string, externalId: string }>>`
    select id, external_id as "externalId" from users where external_id = any (${wanted}::text[]) and deleted_at is null`
  if (rows.length < wanted.length) throw new DeletedUserError()
  return new Map(rows.map(({ id, externalId }) => [externalId, id]))
}
