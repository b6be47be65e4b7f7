import { sql } from 'drizzle-orm'
import { check, index, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** Users of the site, identified by the site's own id. */
export const users = pgTable('users', {
  id: uuid().primaryKey(),
  externalId: text().notNull().unique('users_external_id'),
  displayName: text(),
  /** User tokens carry the number with which they were issued. A higher number here revokes them. */
  tokenGeneration: integer().notNull().default(0),
  /** Set when the site has deleted the user. `externalId` is a pseudonym then. */
  deletedAt: timestamp({ withTimezone: true }),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  // In the order of bytes, in which the ids with one prefix are a range. The order of the unique index depends on the database.
  index('users_in_order').on(sql`${table.externalId} collate "C"`),
  check('users_token_generation', sql`${table.tokenGeneration} >= 0`)
])
