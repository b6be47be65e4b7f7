import { sql } from 'drizzle-orm'
import { check, integer, pgTable, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'

/**
 * What providers have told us of their own accord, and what has become of it. It says nothing of whom it was about: that a
 * person's data is gone has to be seen when nothing of it is left.
 */
export const notices = pgTable('notices', {
  id: uuid().primaryKey(),
  provider: text().notNull(),
  kind: text({ enum: ['deauthorize', 'delete'] }).notNull(),
  /** Of the notice as it was signed, so that it counts once. */
  digest: text().notNull(),
  /** By which the person can look it up. */
  code: text().notNull().unique('notices_code'),
  /** How many connections it has closed. */
  closed: integer().notNull(),
  at: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  unique('notices_digest').on(table.provider, table.kind, table.digest),
  check('notices_kind', sql`${table.kind} in ('deauthorize', 'delete')`)
])
