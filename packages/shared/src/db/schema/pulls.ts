import { sql } from 'drizzle-orm'
import { check, date, foreignKey, index, integer, numeric, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { connections } from './connections.ts'

/**
 * How the reading of a connection's data stands. What is `running` and has not been heard of by `leaseUntil` has died, and is
 * taken up by another where it was.
 */
export const pulls = pgTable('pulls', {
  connectionId: uuid().primaryKey().references(() => connections.id, { onDelete: 'cascade' }),
  provider: text().notNull(),
  state: text({ enum: ['waiting', 'running'] }).notNull().default('waiting'),
  dueAt: timestamp({ withTimezone: true }).notNull(),
  leaseId: uuid(),
  leaseUntil: timestamp({ withTimezone: true }),
  /** When the round began that is not done yet: accounts that were read since are not read again in it. */
  roundAt: timestamp({ withTimezone: true }),
  /** When all accounts had been listed; in this round unless it is before `roundAt`. */
  listedAt: timestamp({ withTimezone: true }),
  /** Tries in a row that came to nothing. */
  attempts: integer().notNull().default(0),
  startedAt: timestamp({ withTimezone: true }),
  endedAt: timestamp({ withTimezone: true }),
  succeededAt: timestamp({ withTimezone: true }),
  /** Why it waits for longer than usual. */
  reason: text(),
  /** When and why it last failed; it stays when all is well again. */
  failedAt: timestamp({ withTimezone: true }),
  failure: text()
}, (table) => [
  index('pulls_due').on(table.provider, table.dueAt),
  check('pulls_state', sql`${table.state} in ('waiting', 'running')`),
  check('pulls_lease', sql`(${table.state} = 'running') = (${table.leaseId} is not null) and (${table.leaseId} is null) = (${table.leaseUntil} is null)`),
  check('pulls_failure', sql`(${table.failedAt} is null) = (${table.failure} is null)`)
])

/** The accounts that a connection reaches. */
export const adAccounts = pgTable('ad_accounts', {
  connectionId: uuid().notNull().references(() => connections.id, { onDelete: 'cascade' }),
  accountId: text().notNull(),
  name: text().notNull(),
  currency: text().notNull(),
  timezone: text().notNull(),
  /** When it was listed last: what is not listed any more is not read any more. */
  listedAt: timestamp({ withTimezone: true }).notNull(),
  /** When its days were read last, and up to which; null until they have been once. */
  pulledAt: timestamp({ withTimezone: true }),
  pulledTo: date(),
  /** The provider asked for silence about it, through whichever connection. */
  limitedUntil: timestamp({ withTimezone: true })
}, (table) => [
  primaryKey({ columns: [table.connectionId, table.accountId] }),
  index('ad_accounts_account').on(table.accountId)
])

/** The figures of one account and one of its own days, as exact as they were told. */
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
