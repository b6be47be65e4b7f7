import { drizzle } from 'drizzle-orm/postgres-js'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import type { Sql } from 'postgres'
import { parseDatabaseUrl, postgresJsOptions } from '../postgres/index.ts'
import * as schema from './schema/index.ts'
import { withSafeTransactions } from './transactions.ts'

/**
 * One pool, two ways to use it: `db` (drizzle) for everyday queries, `sql` (postgres.js) for set-based hot paths.
 * drizzle has switched the pool's JSON and timestamp codecs off, so tagged SQL passes JSON as `JSON.stringify(…)` with a
 * cast and reads timestamps as text.
 */
export interface Database {
  sql: Sql
  db: PostgresJsDatabase<typeof schema>
  close: () => Promise<void>
}

/** Opens a pool of at most `max` connections to `url`; connections are made when first needed. */
export function openDatabase ({ url, max = 10 }: { url: string, max?: number }): Database {
  const sql = withSafeTransactions(
    postgres({ ...postgresJsOptions(parseDatabaseUrl(url), { max, applicationName: 'carillon' }), backoff: reconnectSeconds, onnotice: () => {} }))
  const db = drizzle(sql, { schema, casing: 'snake_case' })
  return { sql, db, close: () => sql.end({ timeout: 5 }) }
}

/** The default reaches 20 s, which is how long everything would stand still after a restart of the database. */
function reconnectSeconds (retries: number): number {
  return Math.min(0.1 * 2 ** retries, 2)
}
