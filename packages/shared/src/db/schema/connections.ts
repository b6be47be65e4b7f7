import { sql } from 'drizzle-orm'
import { check, index, jsonb, pgTable, text, timestamp, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { grants } from './grants.ts'
import { teams } from './teams.ts'
import { users } from './users.ts'

/**
 * An account at a provider that a user or a team owns. Each owner has one connection per account, or per provider where the
 * provider's definition says so: reconnecting replaces the credentials and keeps the id. Notifications reach users through
 * users' connections only, never through a team's.
 */
export const connections = pgTable('connections', {
  id: uuid().primaryKey(),
  userId: uuid().references(() => users.id, { onDelete: 'cascade' }),
  teamId: uuid().references(() => teams.id, { onDelete: 'cascade' }),
  /**
   * For a team's connection: the user who connected it last. When that user is deleted, the connection is closed and stays with
   * the team.
   */
  connectedBy: uuid().references(() => users.id, { onDelete: 'set null' }),
  provider: text().notNull(),
  status: text({ enum: ['active', 'needsReauth', 'revoked'] }).notNull(),
  statusReason: text(),
  /** The account id where an owner may connect several accounts. Empty where another account replaces the first. */
  accountKey: text().notNull().default(''),
  accountId: text().notNull(),
  accountName: text().notNull(),
  /** The host, workspace or domain of the account. Empty for the provider's own host. */
  host: text().notNull().default(''),
  /** The provider's id of the person who granted access, when the account is not that person. */
  grantedBy: text(),
  grantId: uuid().notNull().references(() => grants.id),
  /** Where the messages go, when several connections share the grant. Sealed. The client receives it with the credentials. */
  target: text(),
  /** The user's own name for the connection. */
  label: text(),
  /** Why the connection receives no notifications although it works. Null when it receives them. */
  muted: text({ enum: ['muted', 'unsubscribed'] }),
  /** Permissions that Carillon requested and the user did not grant in the last authorization. */
  missingPermissions: text().array().notNull().default(sql`'{}'`),
  /** The provider's rate limit: until then Carillon sends nothing and uses up no attempt. */
  limitedUntil: timestamp({ withTimezone: true }),
  /** Failures in a row that end the connection if they last. Null while it works. `since` is in ISO 8601. */
  failureStreak: jsonb().$type<{ rule: string, times: number, since: string }>(),
  /** The start and the end of the current connection. A broadcast reaches the connections that existed when it was created. */
  connectedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  disconnectedAt: timestamp({ withTimezone: true }),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  unique('connections_user_account').on(table.userId, table.provider, table.accountKey),
  uniqueIndex('connections_team_account').on(table.teamId, table.provider, table.accountKey).where(sql`${table.teamId} is not null`),
  check('connections_holder', sql`num_nonnulls(${table.userId}, ${table.teamId}) = 1`),
  check('connections_connected_by', sql`${table.teamId} is not null or ${table.connectedBy} is null`),
  index('connections_connected_by_user').on(table.connectedBy).where(sql`${table.connectedBy} is not null`),
  check('connections_status', sql`${table.status} in ('active', 'needsReauth', 'revoked')`),
  check('connections_provider', sql`${table.provider} ~ '^[a-z][a-z0-9]*$'`),
  check('connections_revoked_has_no_target', sql`${table.status} <> 'revoked' or ${table.target} is null`),
  check('connections_muted', sql`${table.muted} in ('muted', 'unsubscribed')`),
  check('connections_reason', sql`(${table.status} = 'active') = (${table.statusReason} is null)`),
  check('connections_disconnected', sql`(${table.status} = 'revoked') = (${table.disconnectedAt} is not null)`),
  index('connections_account').on(table.provider, table.accountId),
  index('connections_granted_by').on(table.provider, table.grantedBy).where(sql`${table.grantedBy} is not null`),
  index('connections_provider_id').on(table.provider, table.id),
  // For lists by status. Two partial ones, because the planner prefers a whole one to `connections_provider_id` for broadcasts.
  index('connections_active').on(table.provider, table.id).where(sql`${table.status} = 'active'`),
  index('connections_inactive').on(table.status, table.provider, table.id).where(sql`${table.status} <> 'active'`),
  index('connections_grant').on(table.grantId)
])
