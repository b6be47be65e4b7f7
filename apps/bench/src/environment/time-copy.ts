import type { Database } from '@carillon/shared/db'

/**
 * Copies all rows of the tables with COPY from a file of the server, into new tables with the same columns and indexes, but
 * without foreign keys and triggers. Returns the time of these statements in milliseconds.
 */
export async function timeCopy ({ sql }: Database, tables: readonly string[]): Promise<number> {
  const [row] = await sql<Array<{ folder: string }>>`select current_setting('data_directory') as folder`
  let total = 0
  for (const table of tables) {
    const [from, to, path] = [sql(table), sql(`copied_${table}`), `'${row?.folder}/copied_${table}'`]
    await sql`copy (select * from ${from}) to ${sql.unsafe(path)} (format binary)`
    await sql`create table ${to} (like ${from} including all)`
    const startedAt = performance.now()
    await sql`copy ${to} from ${sql.unsafe(path)} (format binary)`
    total += performance.now() - startedAt
  }
  return total
}
