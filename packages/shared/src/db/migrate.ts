import { fileURLToPath } from 'node:url'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import { openDatabase } from './database.ts'

const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url))
/** Any number will do, as long as nobody else on this database locks the same one. */
const lockId = 7_283_911

/** Brings Carillon's tables at `url` up to date. Safe to run from several places at once: they take turns. */
export async function migrateDatabase ({ url }: { url: string }): Promise<void> {
  const { sql, db, close } = openDatabase({ url, max: 1 })
  try {
    await sql`select pg_advisory_lock(${lockId})`
    await migrate(db, { migrationsFolder })
  } finally {
    await close()
  }
}
