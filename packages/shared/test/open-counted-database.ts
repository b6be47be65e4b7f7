import { testDatabase } from '@carillon/testing'
import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import type { Test } from 'tap'
import { openDatabase } from '../src/db/index.ts'
import type { Database } from '../src/db/index.ts'
import * as schema from '../src/db/schema/index.ts'

/** Like `openTestDatabase`, and records all statements in order, including `begin` and `commit`. */
export async function openCountedDatabase (t: Test): Promise<Database & { statements: string[] }> {
  const { url } = await testDatabase(t)
  const statements: string[] = []
  const debug = (_connection: number, statement: string): void => {
    // postgres.js queries unknown types once.
    if (!statement.includes('pg_catalog.pg_type')) statements.push(statement.trim())
  }
  const sql = postgres(url, { debug, onnotice: () => {} })
  const close = () => sql.end({ timeout: 5 })
  t.teardown(close)
  const db = drizzle(sql, { schema, casing: 'snake_case' })
  const openWithLongTimeout = () => openDatabase({ url, max: 1 })
  return { sql, db, openWithLongTimeout, hasStatementTimeout: true, canListen: true, close, statements }
}
