import { sql } from 'drizzle-orm'
import { check, pgTable, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'

/**
 * The client that a host of the users' choice has registered for us. A row without one says that somebody is registering:
 * until `leaseUntil` nobody else does.
 */
export const registrations = pgTable('registrations', {
  id: uuid().primaryKey(),
  provider: text().notNull(),
  host: text().notNull(),
  /** Sealed. */
  client: text(),
  leaseUntil: timestamp({ withTimezone: true }),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  unique('registrations_provider_host').on(table.provider, table.host),
  check('registrations_client_or_lease', sql`${table.client} is not null or ${table.leaseUntil} is not null`)
])
