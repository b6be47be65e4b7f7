import { sql } from 'drizzle-orm'
import { boolean, check, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'

/**
 * The state of a provider's host that all workers share: its breaker and its limits. Host `''` is the provider's own host. A
 * host without a row is healthy and has no limit.
 */
export const providerHosts = pgTable('provider_hosts', {
  provider: text().notNull(),
  host: text().notNull(),
  breaker: text({ enum: ['closed', 'open', 'probing'] }).notNull().default('closed'),
  /** Why the breaker opened, and how often in a row. */
  reason: text(),
  /** The provider refuses the deployment itself, for example its bot token. Only an operator can fix it. */
  isMisconfigured: boolean().notNull().default(false),
  opens: integer().notNull().default(0),
  openedAt: timestamp({ withTimezone: true }),
  /** The time of the next probe, or the end of the lease of the current probe. */
  retryAt: timestamp({ withTimezone: true }),
  /** The provider's rate limit for all connections at the host. */
  silentUntil: timestamp({ withTimezone: true }),
  /**
   * With a limit on requests per second: when the next request may go, and the first free slot after those assigned to delayed
   * requests.
   */
  nextAt: timestamp({ withTimezone: true }),
  turnAt: timestamp({ withTimezone: true })
}, (table) => [
  primaryKey({ columns: [table.provider, table.host] }),
  check('provider_hosts_breaker', sql`${table.breaker} in ('closed', 'open', 'probing')`),
  check('provider_hosts_open', sql`(${table.breaker} = 'closed') = (${table.retryAt} is null)`)
])
