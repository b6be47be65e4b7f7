import { sql } from 'drizzle-orm'
import { check, integer, pgTable, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'

/**
 * Notices that providers have sent, and their effects. A row contains nothing about the person, so the deletion of a person's
 * data can still be confirmed when all of it is gone.
 */
export const notices = pgTable('notices', {
  id: uuid().primaryKey(),
  provider: text().notNull(),
  kind: text({ enum: ['deauthorize', 'delete'] }).notNull(),
  /** The hash of the signed notice, so that a repeated notice counts once. */
  digest: text().notNull(),
  /** The code with which the person can look up the notice. */
  code: text().notNull().unique('notices_code'),
  /** How many connections the notice disconnected. */
  closed: integer().notNull(),
  at: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  unique('notices_digest').on(table.provider, table.kind, table.digest),
  check('notices_kind', sql`${table.kind} in ('deauthorize', 'delete')`)
])
