import { pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** Users of the site, identified by the site's own id. */
export const users = pgTable('users', {
  id: uuid().primaryKey(),
  externalId: text().notNull().unique('users_external_id'),
  displayName: text(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow()
})
