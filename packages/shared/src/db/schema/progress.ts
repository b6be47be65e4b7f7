import { sql } from 'drizzle-orm'
import { bigint, boolean, check, integer, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { notifications } from './notifications.ts'

const count = () => integer().notNull().default(0)

/**
 * How far a broadcast has got at one provider. A trigger on deliveries keeps the counts, once per statement, so that they cannot
 * drift from the rows; `queued` also counts those in segments, which have no rows yet.
 */
export const progress = pgTable('progress', {
  notificationId: uuid().notNull().references(() => notifications.id, { onDelete: 'cascade' }),
  provider: text().notNull(),
  /** All of the audience, once it is planned. */
  audience: integer().notNull(),
  /** Up to which connection it has been cut into segments, and how many those are. */
  plannedTo: uuid().notNull(),
  planned: count(),
  segments: count(),
  isPlanned: boolean().notNull().default(false),
  queued: count(),
  sending: count(),
  retrying: count(),
  parked: count(),
  sent: count(),
  failed: count(),
  unknown: count(),
  canceled: count(),
  expired: count(),
  skipped: count(),
  /** Counts changes: what a reader has seen already need not be sent again. */
  version: bigint({ mode: 'number' }).notNull().default(0),
  /** Deliveries that ended, by second: a ring whose newest entry is of `recentSecond` since the epoch. */
  recent: integer().array().notNull().default(sql`array_fill(0, array[16])`),
  recentSecond: bigint({ mode: 'number' }).notNull().default(0),
  startedAt: timestamp({ withTimezone: true }),
  endedAt: timestamp({ withTimezone: true })
}, (table) => [
  primaryKey({ columns: [table.notificationId, table.provider] }),
  check('progress_counts', sql`least(${table.queued}, ${table.sending}, ${table.retrying}, ${table.parked}, ${table.sent}, ${table.failed},
    ${table.unknown}, ${table.canceled}, ${table.expired}, ${table.skipped}) >= 0`)
])
