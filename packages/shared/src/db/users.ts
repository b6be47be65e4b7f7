import { eq, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { newId } from './ids.ts'
import { users } from './schema/users.ts'

export interface User {
  id: string
  externalId: string
  displayName: string | null
}

const columns = { id: users.id, externalId: users.externalId, displayName: users.displayName }

/** The user the site knows as `externalId`, made when new; a `displayName` replaces the one that is kept. */
export async function ensureUser (
  { db }: Database, { externalId, displayName }: { externalId: string, displayName?: string | undefined }
): Promise<User> {
  const [user] = await db.insert(users).values({ id: newId(), externalId, displayName: displayName ?? null })
    .onConflictDoUpdate({
      target: users.externalId,
      set: { displayName: sql`coalesce(excluded.display_name, ${users.displayName})`, updatedAt: sql`now()` }
    })
    .returning(columns)
  if (user === undefined) throw new Error('An upsert returned no row')
  return user
}

export async function findUser ({ db }: Database, id: string): Promise<User | undefined> {
  const [user] = await db.select(columns).from(users).where(eq(users.id, id))
  return user
}
