import { sql } from 'drizzle-orm'
import { bigint, check, index, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { users } from './users.ts'

/**
 * The deletions of users. The row of the user stays, with a pseudonym and nothing about the person, because connections and
 * deliveries refer to it. A worker erases the rest, and repeats each step until nothing is left.
 */
export const userDeletions = pgTable('user_deletions', {
  id: uuid().primaryKey(),
  userId: uuid().notNull().references(() => users.id, { onDelete: 'cascade' }),
  /** A keyed hash of the site's id, which finds the report when the id itself is erased. */
  digest: text().notNull(),
  /** The site's id, by which the worker finds what contains it. Null when the deletion is completed. */
  externalId: text(),
  /** The transaction that deleted the user. Older ones may still write data about the user until they end. */
  transactionId: bigint({ mode: 'number' }).notNull(),
  /** How far the worker has searched. */
  notificationsTo: uuid(),
  eventsTo: uuid(),
  /** What was connected: `[{connectionId, provider, teamId, revocation}]`. */
  connections: jsonb().notNull(),
  /** The site's ids of the teams that the user has left and of those that have no owner now. */
  teams: jsonb().notNull(),
  /** The number of erased items by their kind. */
  erased: jsonb().notNull().default({}),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  completedAt: timestamp({ withTimezone: true })
}, (table) => [
  index('user_deletions_digest').on(table.digest),
  index('user_deletions_user').on(table.userId),
  index('user_deletions_running').on(table.id).where(sql`${table.completedAt} is null`),
  check('user_deletions_external_id', sql`(${table.externalId} is null) = (${table.completedAt} is not null)`),
  check('user_deletions_connections', sql`jsonb_typeof(${table.connections}) = 'array'`),
  check('user_deletions_teams', sql`jsonb_typeof(${table.teams}) = 'object'`),
  check('user_deletions_erased', sql`jsonb_typeof(${table.erased}) = 'object'`)
])
