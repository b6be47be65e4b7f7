import { sql } from 'drizzle-orm'
import { check, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { scopes } from '../scopes.ts'

/** The SHA-256 of a secret that was replaced. The secret works until `until` (milliseconds since the epoch). */
export interface EarlierSecret {
  hash: string
  until: number
}

/** Keys of operators. The API returns the key itself only once. Only its SHA-256 is stored. */
export const apiKeys = pgTable('api_keys', {
  id: uuid().primaryKey(),
  name: text().notNull(),
  secretHash: text().notNull().unique('api_keys_secret_hash'),
  scopes: text({ enum: scopes }).array().notNull(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  revokedAt: timestamp({ withTimezone: true }),
  /** The key is refused from then on. Null when it does not expire. */
  expiresAt: timestamp({ withTimezone: true }),
  /** When the present secret replaced an earlier one. */
  rotatedAt: timestamp({ withTimezone: true }),
  /** The newest first. */
  earlierSecrets: jsonb().$type<EarlierSecret[]>().notNull().default([]),
  /** Increases when secrets or the expiry change, so that statements notice that a cached key is out of date. */
  version: integer().notNull().default(0),
  /** To the minute. Processes write it in batches. */
  lastUsedAt: timestamp({ withTimezone: true }),
  /** The network of that request: an IPv4 address or an IPv6 /64. */
  lastUsedFrom: text()
}, (table) => [
  check('api_keys_scopes', sql`cardinality(${table.scopes}) > 0 and ${table.scopes} <@ ${sql.raw(`array[${scopes.map((scope) => `'${scope}'`).join(', ')}]`)}`),
  check('api_keys_name', sql`length(${table.name}) between 1 and 200`)
])
