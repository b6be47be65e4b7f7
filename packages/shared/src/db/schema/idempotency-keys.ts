import { sql } from 'drizzle-orm'
import { check, index, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** The requests of the last 24 hours that had an `Idempotency-Key`, by their caller, and their responses. */
export const idempotencyKeys = pgTable('idempotency_keys', {
  /** The id of the API key or the user. */
  callerId: uuid().notNull(),
  /** SHA-256 of the key. */
  keyHash: text().notNull(),
  /** SHA-256 of the method, the path and the body. */
  requestHash: text().notNull(),
  /** The id of what the request creates. A request that repeats one whose process crashed creates it with the same id. */
  resourceId: uuid().notNull(),
  /** Which request holds the key until `lease_until`. Null when none does. */
  leaseId: uuid(),
  leaseUntil: timestamp({ withTimezone: true }),
  /** Sealed, because it may contain a token. Null until the request has ended. */
  response: text(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  primaryKey({ columns: [table.callerId, table.keyHash] }),
  index('idempotency_keys_created_at').on(table.createdAt),
  check('idempotency_keys_lease', sql`(${table.leaseId} is null) = (${table.leaseUntil} is null)`),
  check('idempotency_keys_response', sql`${table.response} is null or ${table.leaseId} is null`)
])
