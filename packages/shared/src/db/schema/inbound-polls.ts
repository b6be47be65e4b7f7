import { sql } from 'drizzle-orm'
import { check, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

/** Who asks a provider for its messages, and how far they are stored. One process at a time holds the lease of a provider. */
export const inboundPolls = pgTable('inbound_polls', {
  provider: text().primaryKey(),
  leaseOwner: text(),
  leaseUntil: timestamp({ withTimezone: true }),
  /** The provider's own mark behind the last stored message. */
  cursor: text()
}, (table) => [
  check('inbound_polls_lease', sql`(${table.leaseOwner} is null) = (${table.leaseUntil} is null)`)
])
