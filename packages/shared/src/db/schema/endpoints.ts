import { sql } from 'drizzle-orm'
import { bigint, check, index, integer, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'

export const disableReasons = ['operator', 'gone', 'failing'] as const
export const endpointDeliveryStates = ['pending', 'sending', 'succeeded', 'failed', 'canceled'] as const

/** URLs of the site that receive events as signed webhooks. */
export const endpoints = pgTable('endpoints', {
  id: uuid().primaryKey(),
  url: text().notNull(),
  description: text(),
  /** Types of events, or `*`. */
  events: text().array().notNull(),
  /** Receives events whose position is greater: those since it was created or last enabled. */
  afterPosition: bigint({ mode: 'number' }).notNull().default(0),
  /** Sealed: the secret that signs, and earlier ones that also sign for a while. */
  secrets: text().notNull(),
  disabledAt: timestamp({ withTimezone: true }),
  disabledReason: text({ enum: disableReasons }),
  /** The first failure since the last success. Null while requests succeed. */
  failingSince: timestamp({ withTimezone: true }),
  /** What the latest failure was. */
  failure: text(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  check('endpoints_url', sql`length(${table.url}) between 1 and 2048`),
  check('endpoints_description', sql`length(${table.description}) between 1 and 200`),
  check('endpoints_events', sql`cardinality(${table.events}) > 0`),
  check('endpoints_disabled', sql`(${table.disabledAt} is null) = (${table.disabledReason} is null)`),
  check('endpoints_disabled_reason', sql`${table.disabledReason} in (${listed(disableReasons)})`),
  check('endpoints_failure', sql`(${table.failingSince} is null) = (${table.failure} is null)`)
])

/** One event to one endpoint. Its attempts are rows of `endpoint_attempts`. */
export const endpointDeliveries = pgTable('endpoint_deliveries', {
  eventId: uuid().notNull(),
  endpointId: uuid().notNull().references(() => endpoints.id, { onDelete: 'cascade' }),
  state: text({ enum: endpointDeliveryStates }).notNull(),
  /** Failed and successful attempts since the delivery was created or sent again. */
  attempts: integer().notNull().default(0),
  /** When a worker may send it: the next attempt, or the end of the lease while one sends it. Null when it is over. */
  nextAttemptAt: timestamp({ withTimezone: true }),
  leaseId: uuid(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  primaryKey({ columns: [table.endpointId, table.eventId] }),
  // Each endpoint is claimed by itself, so that the waiting events of one do not hide those of another.
  index('endpoint_deliveries_due').on(table.endpointId, table.nextAttemptAt).where(sql`${table.nextAttemptAt} is not null`),
  check('endpoint_deliveries_state', sql`${table.state} in (${listed(endpointDeliveryStates)})`),
  check('endpoint_deliveries_next', sql`(${table.nextAttemptAt} is not null) = (${table.state} in ('pending', 'sending'))`),
  check('endpoint_deliveries_lease', sql`(${table.leaseId} is not null) = (${table.state} = 'sending')`),
  check('endpoint_deliveries_attempts', sql`${table.attempts} >= 0`)
])

/** The requests to endpoints, with what came back. */
export const endpointAttempts = pgTable('endpoint_attempts', {
  id: uuid().primaryKey(),
  endpointId: uuid().notNull().references(() => endpoints.id, { onDelete: 'cascade' }),
  eventId: uuid().notNull(),
  eventType: text().notNull(),
  /** The time of the response, or of the error. */
  at: timestamp({ withTimezone: true }).notNull(),
  durationMs: integer().notNull(),
  /** The HTTP status. Null when no response arrived. */
  status: integer(),
  /** Null when the endpoint accepted the event. Otherwise the start of its response, or why none arrived. */
  error: text()
}, (table) => [
  index('endpoint_attempts_endpoint').on(table.endpointId, table.id),
  index('endpoint_attempts_event').on(table.eventId),
  check('endpoint_attempts_result', sql`${table.error} is not null or ${table.status} between 200 and 299`)
])

function listed (values: readonly string[]) {
  return sql.raw(values.map((value) => `'${value}'`).join(', '))
}
