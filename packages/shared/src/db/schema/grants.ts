import { sql } from 'drizzle-orm'
import { check, index, integer, pgTable, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core'

/**
 * Credentials that a provider issued, or an address that the user entered. Usually one connection uses a grant. With a `key`,
 * several do, such as all users of one workspace. A grant without an open connection is revoked and has no credentials; it keeps
 * its version, so late responses about old credentials stay recognizable.
 */
export const grants = pgTable('grants', {
  id: uuid().primaryKey(),
  provider: text().notNull(),
  /** What the connections of the grant share at the provider. Null when only one connection may use it. */
  key: text(),
  status: text({ enum: ['active', 'needsReauth', 'revoked'] }).notNull(),
  /** Sealed by the vault. */
  credentials: text(),
  /** Counts replacements of the credentials, so a late response about an old token does not affect a new one. */
  version: integer().notNull().default(1),
  expiresAt: timestamp({ withTimezone: true }),
  /** The earliest next refresh: the token endpoint requested a wait. `infinity` means there is no refresh token. */
  refreshAfter: timestamp({ withTimezone: true }),
  /** The process that is refreshing the credentials, and the end of its lease. */
  leaseOwner: text(),
  leaseUntil: timestamp({ withTimezone: true }),
  /** Counts leases, so the findings of a former lease owner about credentials are ignored. */
  fence: integer().notNull().default(0),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  uniqueIndex('grants_provider_key').on(table.provider, table.key).where(sql`${table.key} is not null`),
  index('grants_expires_at').on(table.expiresAt).where(sql`${table.status} = 'active'`),
  check('grants_status', sql`${table.status} in ('active', 'needsReauth', 'revoked')`),
  check('grants_revoked_has_no_credentials', sql`(${table.status} = 'revoked') = (${table.credentials} is null)`),
  check('grants_lease', sql`(${table.leaseOwner} is null) = (${table.leaseUntil} is null)`),
  check('grants_version', sql`${table.version} > 0`)
])
