import { sql } from 'drizzle-orm'
import { check, index, integer, pgTable, text, timestamp, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { teams } from './teams.ts'
import { users } from './users.ts'

/**
 * An account at a provider that a user or a team owns. Each owner has one connection per provider: reconnecting replaces the
 * credentials and keeps the id. The vault seals `credentials`, and a revoked connection has none. Notifications reach users
 * through users' connections only, never through a team's.
 */
export const connections = pgTable('connections', {
  id: uuid().primaryKey(),
  userId: uuid().references(() => users.id, { onDelete: 'cascade' }),
  teamId: uuid().references(() => teams.id, { onDelete: 'cascade' }),
  /** For a team's connection: the user who connected it last. The connection stays with the team when that user is deleted. */
  connectedBy: uuid().references(() => users.id, { onDelete: 'set null' }),
  provider: text().notNull(),
  status: text({ enum: ['active', 'needsReauth', 'revoked'] }).notNull(),
  statusReason: text(),
  accountId: text().notNull(),
  accountName: text().notNull(),
  /** The host of the account, for providers with user-chosen hosts. Empty for the provider's own host. */
  host: text().notNull().default(''),
  credentials: text(),
  /** Permissions that Carillon requested and the user did not grant in the last authorization. */
  missingPermissions: text().array().notNull().default(sql`'{}'`),
  /** Counts replacements of the credentials, so a late response about an old token does not affect a new one. */
  credentialsVersion: integer().notNull().default(1),
  expiresAt: timestamp({ withTimezone: true }),
  /** The provider's rate limit: until then Carillon sends nothing and uses up no attempt. */
  limitedUntil: timestamp({ withTimezone: true }),
  /** The earliest next refresh: the token endpoint requested a wait. `infinity` means there is no refresh token. */
  refreshAfter: timestamp({ withTimezone: true }),
  /** The process that is refreshing the credentials, and the end of its lease. */
  leaseOwner: text(),
  leaseUntil: timestamp({ withTimezone: true }),
  /** Counts leases, so the findings of a former lease owner about credentials are ignored. */
  fence: integer().notNull().default(0),
  /** The start and the end of the current connection. A broadcast reaches the connections that existed when it was created. */
  connectedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  disconnectedAt: timestamp({ withTimezone: true }),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  unique('connections_user_provider').on(table.userId, table.provider),
  uniqueIndex('connections_team_provider').on(table.teamId, table.provider).where(sql`${table.teamId} is not null`),
  check('connections_holder', sql`num_nonnulls(${table.userId}, ${table.teamId}) = 1`),
  check('connections_connected_by', sql`${table.teamId} is not null or ${table.connectedBy} is null`),
  index('connections_connected_by_user').on(table.connectedBy).where(sql`${table.connectedBy} is not null`),
  check('connections_status', sql`${table.status} in ('active', 'needsReauth', 'revoked')`),
  check('connections_provider', sql`${table.provider} ~ '^[a-z][a-z0-9]*$'`),
  check('connections_revoked_has_no_credentials', sql`(${table.status} = 'revoked') = (${table.credentials} is null)`),
  check('connections_reason', sql`(${table.status} = 'active') = (${table.statusReason} is null)`),
  check('connections_disconnected', sql`(${table.status} = 'revoked') = (${table.disconnectedAt} is not null)`),
  index('connections_account').on(table.provider, table.accountId),
  index('connections_provider_id').on(table.provider, table.id),
  index('connections_expires_at').on(table.expiresAt).where(sql`${table.status} = 'active'`),
  check('connections_lease', sql`(${table.leaseOwner} is null) = (${table.leaseUntil} is null)`),
  check('connections_version', sql`${table.credentialsVersion} > 0`)
])
