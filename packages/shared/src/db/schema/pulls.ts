import { sql } from 'drizzle-orm'
import { check, date, foreignKey, index, integer, numeric, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { connections } from './connections.ts'

/**
 * The state of the pull of a connection's data. A `running` pull whose `leaseUntil` has passed is lost, and another worker
 * continues it from its position.
 */
export const pulls = pgTable('pulls', {
  connectionId: uuid().primaryKey().references(() => connections.id, { onDelete: 'cascade' }),
  provider: text().notNull(),
  state: text({ enum: ['waiting', 'running'] }).notNull().default('waiting'),
  dueAt: timestamp({ withTimezone: true }).notNull(),
  leaseId: uuid(),
  leaseUntil: timestamp({ withTimezone: true }),
  /** The id of the request for the current round. Null for a scheduled round. */
  requestId: text(),
  /** The start of the current round. Accounts that were pulled since then are skipped in this round. */
  roundAt: timestamp({ withTimezone: true }),
  /** When all accounts were last listed. A time before `roundAt` belongs to an earlier round. */
  listedAt: timestamp({ withTimezone: true }),
  /** Failed attempts in a row. */
  attempts: integer().notNull().default(0),
  startedAt: timestamp({ withTimezone: true }),
  endedAt: timestamp({ withTimezone: true }),
  succeededAt: timestamp({ withTimezone: true }),
  /** Why the pull waits longer than usual. */
  reason: text(),
  /** The time and the reason of the last failure, kept after a success. */
  failedAt: timestamp({ withTimezone: true }),
  failure: text()
}, (table) => [
  index('pulls_due').on(table.provider, table.dueAt),
  check('pulls_state', sql`${table.state} in ('waiting', 'running')`),
  check('pulls_lease', sql`(${table.state} = 'running') = (${table.leaseId} is not null) and (${table.leaseId} is null) = (${table.leaseUntil} is null)`),
  check('pulls_failure', sql`(${table.failedAt} is null) = (${table.failure} is null)`)
])

/** The accounts that a connection gives access to. */
export const adAccounts = pgTable('ad_accounts', {
  connectionId: uuid().notNull().references(() => connections.id, { onDelete: 'cascade' }),
  accountId: text().notNull(),
  name: text().notNull(),
  currency: text().notNull(),
  timezone: text().notNull(),
  /** When the account was last listed. Accounts that are no longer listed are no longer pulled. */
  listedAt: timestamp({ withTimezone: true }).notNull(),
  /** The time of the last pull and its last day. Null before the first pull. */
  pulledAt: timestamp({ withTimezone: true }),
  pulledTo: date(),
  /** The provider's rate limit for this account, through any connection. */
  limitedUntil: timestamp({ withTimezone: true })
}, (table) => [
  primaryKey({ columns: [table.connectionId, table.accountId] }),
  index('ad_accounts_account').on(table.accountId)
])

/** The figures of one account for one day in its time zone, with the provider's precision. */
export const insights = pgTable('insights', {
  connectionId: uuid().notNull(),
  accountId: text().notNull(),
  day: date().notNull(),
  impressions: numeric().notNull(),
  clicks: numeric().notNull(),
  spend: numeric().notNull(),
  fetchedAt: timestamp({ withTimezone: true }).notNull()
}, (table) => [
  primaryKey({ columns: [table.connectionId, table.day, table.accountId] }),
  foreignKey({
    columns: [table.connectionId, table.accountId], foreignColumns: [adAccounts.connectionId, adAccounts.accountId], name: 'insights_account'
  }).onDelete('cascade')
])
