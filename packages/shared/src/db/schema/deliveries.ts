import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { connections } from './connections.ts'
import { notifications } from './notifications.ts'

/** Every state a delivery can be in; the first four are still under way, `parked` waits for its user. */
export const deliveryStates = [
  'queued', 'sending', 'retrying', 'parked', 'sent', 'failed', 'unknown', 'canceled', 'expired', 'skipped'
] as const

/** One notification to one connection. */
export const deliveries = pgTable('deliveries', {
  notificationId: uuid().notNull().references(() => notifications.id, { onDelete: 'cascade' }),
  connectionId: uuid().notNull().references(() => connections.id, { onDelete: 'cascade' }),
  provider: text().notNull(),
  state: text({ enum: deliveryStates }).notNull(),
  /** Tries that reached out to the provider; a wait the provider asked for is not one. */
  attempts: integer().notNull().default(0),
  /** When it may be tried: set while it is queued or retrying. */
  dueAt: timestamp({ withTimezone: true }),
  /** The queue's job that will pick it up; null asks for a new one. */
  jobId: text(),
  /** The batch that is sending it, and until when that batch may: set while it is sending. */
  claimId: uuid(),
  claimedUntil: timestamp({ withTimezone: true }),
  /** Why it is where it is, in a word. */
  reason: text(),
  receipt: jsonb(),
  /** What has happened to it, oldest first: `[{at, event, …}]`. */
  history: jsonb().notNull().default([]),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  primaryKey({ columns: [table.notificationId, table.connectionId] }),
  index('deliveries_due').on(table.dueAt).where(sql`${table.state} in ('queued', 'retrying')`),
  index('deliveries_claimed').on(table.claimedUntil).where(sql`${table.state} = 'sending'`),
  index('deliveries_waiting').on(table.connectionId).where(sql`${table.state} in ('queued', 'retrying', 'parked')`),
  check('deliveries_state', sql`${table.state} in (${sql.raw(deliveryStates.map((state) => `'${state}'`).join(', '))})`),
  check('deliveries_due', sql`(${table.state} in ('queued', 'retrying')) = (${table.dueAt} is not null)`),
  check('deliveries_claim', sql`(${table.state} = 'sending') = (${table.claimId} is not null)
    and (${table.claimId} is null) = (${table.claimedUntil} is null)`),
  check('deliveries_receipt', sql`(${table.state} = 'sent') = (${table.receipt} is not null)`),
  check('deliveries_reason', sql`${table.state} in ('queued', 'sending', 'sent') or ${table.reason} is not null`),
  check('deliveries_attempts', sql`${table.attempts} >= 0 and (${table.state} <> 'sent' or ${table.attempts} > 0)`)
])
