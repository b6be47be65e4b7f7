import { sql } from 'drizzle-orm'
import { bigint, boolean, check, integer, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { notifications } from './notifications.ts'

const count = () => integer().notNull().default(0)

/**
 * The progress of a broadcast at one provider. A trigger on deliveries updates the counts once per statement, so they always
 * match the rows. `queued` also counts connections in segments, which have no delivery rows yet.
 */
export const progress = pgTable('progress', {
  notificationId: uuid().notNull().references(() => notifications.id, { onDelete: 'cascade' }),
  provider: text().notNull(),
  /** The size of the whole audience, once it is planned. */
  audience: integer().notNull(),
  /** The last connection in a segment so far, the number of planned connections and the number of segments. */
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
  /** Counts changes, so a reader receives only what is new. */
  version: bigint({ mode: 'number' }).notNull().default(0),
  /** Deliveries that ended, by second, as a ring buffer. Its newest entry is for `recentSecond` since the epoch. */
  recent: integer().array().notNull().default(sql`array_fill(0, array[16])`),
  recentSecond: bigint({ mode: 'number' }).notNull().default(0),
  startedAt: timestamp({ withTimezone: true }),
  endedAt: timestamp({ withTimezone: true })
}, (table) => [
  primaryKey({ columns: [table.notificationId, table.provider] }),
  check('progress_counts', sql`least(${table.queued}, ${table.sending}, ${table.retrying}, ${table.parked}, ${table.sent}, ${table.failed},
    ${table.unknown}, ${table.canceled}, ${table.expired}, ${table.skipped}) >= 0`)
])
