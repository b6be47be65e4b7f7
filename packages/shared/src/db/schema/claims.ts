import { pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/**
 * A batch that is being sent, and until when it may be: after that its worker counts as lost. The deliveries carry its id; the
 * notifications and the range of connections tell where to find them without an index on what changes with every delivery. There
 * are as many as batches under way: finding those that have ended needs no index.
 */
export const claims = pgTable('claims', {
  id: uuid().primaryKey(),
  provider: text().notNull(),
  notificationIds: uuid().array().notNull(),
  firstId: uuid().notNull(),
  lastId: uuid().notNull(),
  until: timestamp({ withTimezone: true }).notNull()
})
