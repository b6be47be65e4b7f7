import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** All states of a delivery. The first four are pending, and `parked` waits for the user to reconnect. */
export const deliveryStates = [
  'queued', 'sending', 'retrying', 'parked', 'sent', 'failed', 'unknown', 'canceled', 'expired', 'skipped'
] as const

/**
 * One notification to one connection. The migration partitions the table by week of the notification's id (a UUIDv7 begins with
 * its time). No index contains the columns that a result changes, so that update is HOT. drizzle cannot express either. There
 * are no foreign keys, because each row would lock its connection and its notification. Code that deletes one of those also
 * deletes its deliveries.
 */
export const deliveries = pgTable('deliveries', {
  notificationId: uuid().notNull(),
  connectionId: uuid().notNull(),
  provider: text().notNull(),
  state: text({ enum: deliveryStates }).notNull(),
  /** Attempts that reached the provider. A wait for a rate limit is not an attempt. */
  attempts: integer().notNull().default(0),
  /**
   * The time of the next attempt, set while the delivery is queued or retrying. `infinity` while its notification is paused.
   */
  dueAt: timestamp({ withTimezone: true }),
  /** Set while the delivery is parked. */
  parkedAt: timestamp({ withTimezone: true }),
  /** The queue job that will send the delivery. Null requests a new job once the delivery is due. */
  jobId: text(),
  /** The batch that is sending the delivery, set while it is sending. */
  claimId: uuid(),
  /** The reason for the state, as a short phrase. */
  reason: text(),
  receipt: jsonb(),
  /** The events of the delivery, oldest first: `[{at, event, …}]`. */
  history: jsonb().notNull().default([]),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  primaryKey({ columns: [table.notificationId, table.connectionId] }),
  index('deliveries_due').on(table.provider, table.dueAt).where(sql`${table.dueAt} is not null`),
  // For what one user received. It costs each delivery an entry; without it, such a list reads every delivery.
  index('deliveries_connection').on(table.connectionId, table.notificationId),
  index('deliveries_waiting').on(table.connectionId).where(sql`${table.dueAt} is not null or ${table.parkedAt} is not null`),
  check('deliveries_state', sql`${table.state} in (${sql.raw(deliveryStates.map((state) => `'${state}'`).join(', '))})`),
  check('deliveries_due', sql`(${table.state} in ('queued', 'retrying')) = (${table.dueAt} is not null)`),
  check('deliveries_parked', sql`(${table.state} = 'parked') = (${table.parkedAt} is not null)`),
  check('deliveries_claim', sql`(${table.state} = 'sending') = (${table.claimId} is not null)`),
  check('deliveries_receipt', sql`(${table.state} = 'sent') = (${table.receipt} is not null)`),
  check('deliveries_reason', sql`${table.state} in ('queued', 'sending', 'sent') or ${table.reason} is not null`),
  check('deliveries_attempts', sql`${table.attempts} >= 0 and (${table.state} <> 'sent' or ${table.attempts} > 0)`)
])
