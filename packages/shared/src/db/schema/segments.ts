import { sql } from 'drizzle-orm'
import { check, index, integer, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { notifications } from './notifications.ts'

/**
 * A range of an audience that no worker has claimed yet: the provider's connections after `afterId`, up to and including
 * `lastId`. Claims shrink the range from below. The last claim deletes the row.
 */
export const segments = pgTable('segments', {
  notificationId: uuid().notNull().references(() => notifications.id, { onDelete: 'cascade' }),
  provider: text().notNull(),
  number: integer().notNull(),
  afterId: uuid().notNull(),
  lastId: uuid().notNull(),
  /** The number of connections when the segment was created. */
  size: integer().notNull(),
  dueAt: timestamp({ withTimezone: true }).notNull()
}, (table) => [
  primaryKey({ columns: [table.notificationId, table.provider, table.number] }),
  index('segments_due').on(table.dueAt),
  check('segments_size', sql`${table.size} >= 0`),
  check('segments_range', sql`${table.afterId} < ${table.lastId}`)
])
