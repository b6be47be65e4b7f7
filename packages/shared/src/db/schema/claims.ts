import { pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/**
 * A batch that a worker is sending. After `until`, the worker counts as lost. The deliveries carry the claim's id. The
 * notifications and the range of connections locate them without an index on a column that changes with every delivery. The
 * table has one row per batch in progress, so the search for expired claims needs no index.
 */
export const claims = pgTable('claims', {
  id: uuid().primaryKey(),
  provider: text().notNull(),
  notificationIds: uuid().array().notNull(),
  firstId: uuid().notNull(),
  lastId: uuid().notNull(),
  until: timestamp({ withTimezone: true }).notNull()
})
