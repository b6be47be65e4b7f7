import { sql } from 'drizzle-orm'
import { check, pgTable, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'

/**
 * The OAuth client that a user-chosen host has registered for Carillon. A row without a client is a lease: one process is
 * registering, and no other may until `leaseUntil`.
 */
export const registrations = pgTable('registrations', {
  id: uuid().primaryKey(),
  provider: text().notNull(),
  host: text().notNull(),
  /** Sealed by the vault. */
  client: text(),
  leaseUntil: timestamp({ withTimezone: true }),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  unique('registrations_provider_host').on(table.provider, table.host),
  check('registrations_client_or_lease', sql`${table.client} is not null or ${table.leaseUntil} is not null`)
])
