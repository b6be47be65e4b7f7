import { sql } from 'drizzle-orm'
import { check, index, integer, pgTable, text, timestamp, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { teams } from './teams.ts'
import { users } from './users.ts'

/**
 * An account at a provider that a user or a team holds. One per holder and provider: reconnecting replaces the credentials and
 * keeps the id. `credentials` is sealed by the vault; a revoked connection has none. What rings people is connections that
 * users hold; nobody is rung through a team's.
 */
export const connections = pgTable('connections', {
  id: uuid().primaryKey(),
  userId: uuid().references(() => users.id, { onDelete: 'cascade' }),
  teamId: uuid().references(() => teams.id, { onDelete: 'cascade' }),
  /** Of a team's: who connected it last. It stays the team's when they go. */
  connectedBy: uuid().references(() => users.id, { onDelete: 'set null' }),
  provider: text().notNull(),
  status: text({ enum: ['active', 'needsReauth', 'revoked'] }).notNull(),
  statusReason: text(),
  accountId: text().notNull(),
  accountName: text().notNull(),
  /** The host that it is reached at, where users choose one; empty is the provider's own. */
  host: text().notNull().default(''),
  credentials: text(),
  /** What was asked for and not allowed, as of the last time the user was asked. */
  missingPermissions: text().array().notNull().default(sql`'{}'`),
  /** Counts replacements, so that a late answer about an old token changes nothing about a new one. */
  credentialsVersion: integer().notNull().default(1),
  expiresAt: timestamp({ withTimezone: true }),
  /** The provider asked for silence until then; nothing is sent and no attempt is spent before. */
  limitedUntil: timestamp({ withTimezone: true }),
  /** No refresh is tried before then: the token endpoint asked to wait, or, when infinite, there is no refresh token. */
  refreshAfter: timestamp({ withTimezone: true }),
  /** Who is refreshing the credentials, and until when nobody else may begin to. */
  leaseOwner: text(),
  leaseUntil: timestamp({ withTimezone: true }),
  /** Counts leases: what a former holder concludes about dead credentials does not count. */
  fence: integer().notNull().default(0),
  /** Since when it has been connected without a break, and when it was closed: a broadcast rings those who were there then. */
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
