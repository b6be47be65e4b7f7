import { doublePrecision, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'

/**
 * What refusals taught about the rate that a host accepts, which all workers share. Host `''` is the provider as a whole. A
 * host without a row has no known limit.
 */
export const hostPaces = pgTable('host_paces', {
  provider: text().notNull(),
  host: text().notNull(),
  /** How many requests the host accepted from `since` until the refusal, from all workers. */
  sent: integer().notNull(),
  since: timestamp({ withTimezone: true }).notNull(),
  /** The end of the wait that the last refusal announced. The rate grows from then on. */
  silentUntil: timestamp({ withTimezone: true }).notNull(),
  /** The rate at `silentUntil`. Null when too few requests were accepted to measure it. */
  perSecond: doublePrecision(),
  /** When the next request may go, and the first free turn after those assigned to waiting requests. */
  nextAt: timestamp({ withTimezone: true }).notNull(),
  turnAt: timestamp({ withTimezone: true }).notNull(),
  /** The time of the last change to all of this except the turns. Workers read newer rows. */
  learnedAt: timestamp({ withTimezone: true }).notNull()
}, (table) => [
  primaryKey({ columns: [table.provider, table.host] })
])
