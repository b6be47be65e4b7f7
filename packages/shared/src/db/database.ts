import { drizzle } from 'drizzle-orm/postgres-js'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import type { Sql } from 'postgres'
import { defaultStatementTimeoutMs, parseDatabaseUrl, postgresJsOptions } from '../postgres/index.ts'
import { addArrayTypes } from './array-types.ts'
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
  /** Another pool, of one connection, for statements that take minutes. Whoever opens it closes it. */
  openPatient: () => Database
  /** False behind PgBouncer, which passes no `statement_timeout` on: there the socket's deadline closes the connection. */
  hasStatementTimeout: boolean
  close: () => Promise<void>
}

const patientStatementMs = 10 * 60_000

/**
 * Opens a pool of at most `max` connections to `url`; connections are made when first needed. Every statement has a deadline, in
 * the session and at the socket; a `statementTimeoutMs` of 0 is none.
 */
export function openDatabase (
  { url, max = 10, statementTimeoutMs = defaultStatementTimeoutMs }: { url: string, max?: number, statementTimeoutMs?: number }
): Database {
  const address = parseDatabaseUrl(url)
  const options = postgresJsOptions(address, { max, applicationName: 'carillon', statementTimeoutMs })
  const sql = withSafeTransactions(postgres({ ...options, fetch_types: false, backoff: reconnectSeconds, onnotice: () => {} }))
  const db = drizzle(sql, { schema, casing: 'snake_case' })
  addArrayTypes(sql) // after drizzle, whose own codecs stay
  return {
    sql,
    db,
    hasStatementTimeout: !address.isPgBouncer,
    openPatient: () => openDatabase({ url, max: 1, statementTimeoutMs: patientStatementMs }),
    close: () => sql.end({ timeout: 5 })
  }
}

/** The default reaches 20 s, which is how long everything would stand still after a restart of the database. */
function reconnectSeconds (retries: number): number {
  return Math.min(0.1 * 2 ** retries, 2)
}
