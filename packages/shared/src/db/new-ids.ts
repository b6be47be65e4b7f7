import type { PendingQuery, Row } from 'postgres'
import type { Database } from './database.ts'

/**
 * An expression with a new UUIDv7 for each row, for statements that do not know in advance how many rows they insert: a random
 * UUID whose first 48 bits are replaced by the time and whose version is replaced by 7. PostgreSQL 14 has no function for it. It
 * is no subquery, which PostgreSQL would evaluate once for all rows.
 */
export function newIds (sql: Database['sql']): PendingQuery<Row[]> {
  return sql`overlay(overlay(gen_random_uuid()::text
    placing regexp_replace(lpad(to_hex(floor(extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0'), '^(.{8})', '\\1-')
    from 1 for 13) placing '7' from 15 for 1)::uuid`
}
