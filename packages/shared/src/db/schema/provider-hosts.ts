import { sql } from 'drizzle-orm'
import { check, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'

/**
 * What all workers know of a provider's host: whether its breaker lets anything through, and how much. Host `''` stands for the
 * provider's own. A host without a row is well and has no limit.
 */
export const providerHosts = pgTable('provider_hosts', {
  provider: text().notNull(),
  host: text().notNull(),
  breaker: text({ enum: ['closed', 'open', 'probing'] }).notNull().default('closed'),
  /** Why it opened, and how often in a row. */
  reason: text(),
  opens: integer().notNull().default(0),
  openedAt: timestamp({ withTimezone: true }),
  /** When the next probe may go; while one is under way, until when it may be. */
  retryAt: timestamp({ withTimezone: true }),
  /** Asked for by the provider, for everybody. */
  silentUntil: timestamp({ withTimezone: true }),
  /** Where requests a second are limited: when the next may go, and the first free turn of those that were told to come later. */
  nextAt: timestamp({ withTimezone: true }),
  turnAt: timestamp({ withTimezone: true })
}, (table) => [
  primaryKey({ columns: [table.provider, table.host] }),
  check('provider_hosts_breaker', sql`${table.breaker} in ('closed', 'open', 'probing')`),
  check('provider_hosts_open', sql`(${table.breaker} = 'closed') = (${table.retryAt} is null)`)
])
