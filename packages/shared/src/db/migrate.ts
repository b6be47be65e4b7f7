import { parseDatabaseUrl } from '../postgres/index.ts'
import { checkServer } from './check-database.ts'
import { openDatabase } from './database.ts'
import { compatibleSince } from './compatible-since.ts'
import { latestMigration, readJournal, readMigrations, writeWorksSince } from './migrations.ts'
import { toStoreError } from './to-store-error.ts'

/** An arbitrary number that no other program may use as a lock id in this database. */
const lockId = 7_283_911

/**
 * Migrates Carillon's tables at `url` in one transaction. Concurrent calls wait for each other. The lock belongs to the
 * transaction, because a session lock would outlive this process behind PgBouncer.
 */
export async function migrateDatabase ({ url }: { url: string }): Promise<void> {
  const { sql, close } = openDatabase({ url, max: 1, statementTimeoutMs: 0 })
  try {
    await checkServer({ sql })
    await sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(${lockId})`
      const { searchPath } = parseDatabaseUrl(url)
      if (searchPath !== undefined && /^"[^"]+"$/.test(searchPath)) await tx.unsafe(`create schema if not exists ${searchPath}`)
      // The journal has drizzle's format, so drizzle's own tools can read it.
      await tx`create schema if not exists drizzle`
      await tx`create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`
      const { applied } = await readJournal({ sql: tx })
      for (const { sql: statements, hash, folderMillis } of readMigrations()) {
        if (folderMillis <= applied) continue
        for (const statement of statements) await tx.unsafe(statement)
        await tx`insert into drizzle.__drizzle_migrations (hash, created_at) values (${hash}, ${folderMillis})`
      }
      if (applied <= latestMigration()) await writeWorksSince(tx, compatibleSince(readMigrations()))
    })
  } catch (error) {
    throw toStoreError(error)
  } finally {
    await close()
  }
}
