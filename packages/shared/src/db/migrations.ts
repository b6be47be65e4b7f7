import { fileURLToPath } from 'node:url'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import type { MigrationMeta } from 'drizzle-orm/migrator'

const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url))

let migrations: MigrationMeta[] | undefined

/** The migrations of this version of the code, in order. */
export function readMigrations (): MigrationMeta[] {
  migrations ??= readMigrationFiles({ migrationsFolder })
  return migrations
}

/** The creation time of the newest migration, by which the journal in the database identifies migrations. */
export function latestMigration (): number {
  return Math.max(...readMigrations().map(({ folderMillis }) => folderMillis))
}
