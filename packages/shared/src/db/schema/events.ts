import { sql } from 'drizzle-orm'
import { bigint, check, index, jsonb, pgTable, primaryKey, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core'

/** All types of events. */
export const eventTypes = [
  'connection.connected', 'connection.needs_reauth', 'connection.restored', 'connection.disconnected', 'connection.revoked',
  'handshake.failed', 'notification.completed', 'delivery.sent', 'delivery.failed', 'delivery.parked', 'delivery.unknown',
  'provider.paused', 'provider.resumed', 'pull.failed', 'endpoint.disabled'
] as const

/** The types that are recorded only while `event_requests` has them: there may be one per batch of deliveries. */
export const optInEventTypes = ['delivery.sent', 'delivery.failed', 'delivery.parked', 'delivery.unknown'] as const

/**
 * What happened, for sites. Triggers in the migrations write the events of each table in the transaction that changes its state.
 * There are no foreign keys: each event would lock the rows that it is about, and an event outlives them.
 */
export const events = pgTable('events', {
  /** By the database's clock, so that the ids of all processes sort by time. */
  id: uuid().primaryKey().default(sql`new_id()`),
  /**
   * The order in which readers receive events. `assign_event_positions` assigns it after the commit, so that no event appears
   * before one that a reader has already received. Null until then.
   */
  position: bigint({ mode: 'number' }),
  type: text({ enum: eventTypes }).notNull(),
  /** What the event is about, as far as it applies. */
  userId: uuid(),
  teamId: uuid(),
  connectionId: uuid(),
  notificationId: uuid(),
  handshakeId: uuid(),
  provider: text(),
  /** The rest of the event's data, as the API shows it. */
  data: jsonb().notNull().default({}),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  uniqueIndex('events_position').on(table.position),
  index('events_unassigned').on(table.id).where(sql`${table.position} is null`),
  index('events_type').on(table.type, table.id),
  index('events_user').on(table.userId, table.id).where(sql`${table.userId} is not null`),
  check('events_type', sql`${table.type} in (${sql.raw(eventTypes.map((type) => `'${type}'`).join(', '))})`),
  check('events_data', sql`jsonb_typeof(${table.data}) = 'object'`)
])

/** What asks for the types of `optInEventTypes`: `configuration`, or the id of an endpoint. */
export const eventRequests = pgTable('event_requests', {
  source: text().notNull(),
  type: text({ enum: optInEventTypes }).notNull()
}, (table) => [
  primaryKey({ columns: [table.source, table.type] }),
  check('event_requests_type', sql`${table.type} in (${sql.raw(optInEventTypes.map((type) => `'${type}'`).join(', '))})`)
])
