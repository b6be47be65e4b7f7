import { drizzle } from 'drizzle-orm/postgres-js'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import type { Sql } from 'postgres'
import { defaultStatementTimeoutMs, parseDatabaseUrl, postgresJsOptions } from '../postgres/index.ts'
import { addArrayTypes } from './array-types.ts'
import * as schema from './schema/index.ts'
import { withSafeTransactions } from './transactions.ts'

/**
 * One pool with two interfaces: `db` (drizzle) for everyday queries, `sql` (postgres.js) for set-based hot paths. drizzle turns
 * off the pool's JSON and timestamp codecs, so tagged SQL passes JSON as `JSON.stringify(…)` with a cast and reads timestamps
 * as text.
 */
export interface Database {
  sql: Sql
  db: PostgresJsDatabase<typeof schema>
  /** Opens another pool, with one connection, for statements that take minutes. The caller closes it. */
  openWithLongTimeout: () => Database
  /** False behind PgBouncer, which does not forward `statement_timeout`. There the socket's timeout closes the connection. */
  hasStatementTimeout: boolean
  /** Whether LISTEN works. False behind PgBouncer. */
  canListen: boolean
  close: () => Promise<void>
}

const longStatementTimeoutMs = 10 * 60_000

/**
 * Opens a pool of at most `max` connections to `url`, which connect on first use. Every statement has a timeout, in the session
 * and at the socket. A `statementTimeoutMs` of 0 means no timeout.
 */
export function openDatabase (
  { url, max = 10, statementTimeoutMs = defaultStatementTimeoutMs }: { url: string, max?: number, statementTimeoutMs?: number }
): Database {
  const address = parseDatabaseUrl(url)
  const options = postgresJsOptions(address, { max, applicationName: 'carillon', statementTimeoutMs })
  const sql = withSafeTransactions(postgres({ ...options, fetch_types: false, backoff: reconnectSeconds, onnotice: () => {} }))
  const db = drizzle(sql, { schema, casing: 'snake_case' })
  addArrayTypes(sql) // runs after drizzle, whose codecs it keeps
  return {
    sql,
    db,
    hasStatementTimeout: !address.isPgBouncer,
    canListen: !address.isPgBouncer,
    openWithLongTimeout: () => openDatabase({ url, max: 1, statementTimeoutMs: longStatementTimeoutMs }),
    close: () => sql.end({ timeout: 5 })
  }
}

/** postgres.js waits up to 20 s by default, which would be an outage after each restart of the database. */
function reconnectSeconds (retries: number): number {
  return Math.min(0.1 * 2 ** retries, 2)
}
