import { fileURLToPath } from 'node:url'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import type { MigrationMeta } from 'drizzle-orm/migrator'

const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url))

let migrations: MigrationMeta[] | undefined

/** The migrations that this code comes with, in order. */
export function readMigrations (): MigrationMeta[] {
  migrations ??= readMigrationFiles({ migrationsFolder })
  return migrations
}

/** When the newest of them was made: that is how the journal in the database tells them apart. */
export function latestMigration (): number {
  return Math.max(...readMigrations().map(({ folderMillis }) => folderMillis))
}
