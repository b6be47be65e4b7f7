import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import type { MigrationMeta } from 'drizzle-orm/migrator'
import type { Sql, TransactionSql } from 'postgres'

const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url))

/** The journal in the database identifies a migration by its creation time, `folderMillis`. */
interface Migration extends MigrationMeta {
  /** Such as `0000_first`. */
  name: string
}

let migrations: Migration[] | undefined

/**
 * The migrations of this version of the code, in order. Their files are read once: an upgrade in place replaces them while the
 * process of the earlier version runs.
 */
export function readMigrations (): Migration[] {
  migrations ??= readFiles()
  return migrations
}

export interface Journal {
  /** The creation time of the newest migration that the database has. */
  applied: number
  /** That of the oldest migration whose code works with these tables. */
  worksSince: number
}

/** Reads what `carillon migrate` has stored. A newer Carillon may have run it. */
export async function readJournal ({ sql }: { sql: Sql | TransactionSql }): Promise<Journal> {
  const [row] = await sql<Array<{ applied: string | null, comment: string | null }>>`
    select (select max(created_at) from drizzle.__drizzle_migrations)::text as applied,
      obj_description('drizzle.__drizzle_migrations'::regclass, 'pg_class') as comment`
  const applied = Number(row?.applied ?? 0)
  const worksSince = /^works with code since (\d+)$/.exec(row?.comment ?? '')?.[1]
  return { applied, worksSince: worksSince === undefined ? applied : Number(worksSince) }
}

/** Stores that these tables work with code since the migration that was created at `worksSince`. A dump contains it too. */
export async function writeWorksSince (sql: TransactionSql, worksSince: number): Promise<void> {
  await sql.unsafe(`comment on table drizzle.__drizzle_migrations is 'works with code since ${worksSince}'`)
}

/** The creation time of the newest migration. */
export function latestMigration (): number {
  return Math.max(...readMigrations().map(({ folderMillis }) => folderMillis))
}

function readFiles (): Migration[] {
  const { entries }: { entries: Array<{ tag: string, when: number }> } = JSON.parse(readFileSync(`${migrationsFolder}/meta/_journal.json`, 'utf8'))
  const names = new Map(entries.map(({ tag, when }) => [when, tag]))
  return readMigrationFiles({ migrationsFolder }).map((file) => ({ ...file, name: names.get(file.folderMillis) ?? '' }))
}
