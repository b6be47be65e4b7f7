import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** Every state a delivery can be in; the first four are still under way, `parked` waits for its user. */
export const deliveryStates = [
  'queued', 'sending', 'retrying', 'parked', 'sent', 'failed', 'unknown', 'canceled', 'expired', 'skipped'
] as const

/**
 * One notification to one connection. Partitioned by week of the notification's id (a UUIDv7 begins with its time), and what
 * settling changes is in no index, so that it is a HOT update: both are in the migration, drizzle knows of neither. There are no
 * foreign keys: each row would lock its connection and its notification. Whoever deletes one of those deletes its deliveries.
 */
export const deliveries = pgTable('deliveries', {
  notificationId: uuid().notNull(),
  connectionId: uuid().notNull(),
  provider: text().notNull(),
  state: text({ enum: deliveryStates }).notNull(),
  /** Tries that reached out to the provider; a wait the provider asked for is not one. */
  attempts: integer().notNull().default(0),
  /** When it may be tried: set while it is queued or retrying; `infinity` while its notification is paused. */
  dueAt: timestamp({ withTimezone: true }),
  /** Since when it waits for its user: set while it is parked. */
  parkedAt: timestamp({ withTimezone: true }),
  /** The queue's job that will pick it up; null asks for a new one once it is due. */
  jobId: text(),
  /** The batch that is sending it: set while it is sending. */
  claimId: uuid(),
  /** Why it is where it is, in a word. */
  reason: text(),
  receipt: jsonb(),
  /** What has happened to it, oldest first: `[{at, event, …}]`. */
  history: jsonb().notNull().default([]),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  primaryKey({ columns: [table.notificationId, table.connectionId] }),
  index('deliveries_due').on(table.provider, table.dueAt).where(sql`${table.dueAt} is not null`),
  index('deliveries_waiting').on(table.connectionId).where(sql`${table.dueAt} is not null or ${table.parkedAt} is not null`),
  check('deliveries_state', sql`${table.state} in (${sql.raw(deliveryStates.map((state) => `'${state}'`).join(', '))})`),
  check('deliveries_due', sql`(${table.state} in ('queued', 'retrying')) = (${table.dueAt} is not null)`),
  check('deliveries_parked', sql`(${table.state} = 'parked') = (${table.parkedAt} is not null)`),
  check('deliveries_claim', sql`(${table.state} = 'sending') = (${table.claimId} is not null)`),
  check('deliveries_receipt', sql`(${table.state} = 'sent') = (${table.receipt} is not null)`),
  check('deliveries_reason', sql`${table.state} in ('queued', 'sending', 'sent') or ${table.reason} is not null`),
  check('deliveries_attempts', sql`${table.attempts} >= 0 and (${table.state} <> 'sent' or ${table.attempts} > 0)`)
])
