import { sql } from 'drizzle-orm'
import { check, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { scopes } from '../scopes.ts'

/** Keys of operators. The API returns the key itself only once. Only its SHA-256 is stored. */
export const apiKeys = pgTable('api_keys', {
  id: uuid().primaryKey(),
  name: text().notNull(),
  secretHash: text().notNull().unique('api_keys_secret_hash'),
  scopes: text({ enum: scopes }).array().notNull(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  revokedAt: timestamp({ withTimezone: true })
}, (table) => [
  check('api_keys_scopes', sql`cardinality(${table.scopes}) > 0 and ${table.scopes} <@ ${sql.raw(`array[${scopes.map((scope) => `'${scope}'`).join(', ')}]`)}`),
  check('api_keys_name', sql`length(${table.name}) between 1 and 200`)
])
