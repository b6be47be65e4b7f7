import { pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'

/**
 * The keys of CARILLON_KEYS that have encrypted something, without the keys themselves. A process whose CARILLON_KEYS lacks one
 * that is still needed refuses to start.
 */
export const encryptionKeys = pgTable('encryption_keys', {
  id: text().notNull(),
  /** Differs between keys of the same id. */
  fingerprint: text().notNull(),
  /** When a process last reported that it encrypts with the key. */
  usedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  primaryKey({ columns: [table.id, table.fingerprint] })
])
