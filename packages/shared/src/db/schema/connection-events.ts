import { sql } from 'drizzle-orm'
import { check, index, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { connections } from './connections.ts'

/** All events of a connection. */
export const connectionEventNames = [
  'connection.connected', 'connection.reconnected', 'connection.needs_reauth', 'connection.recovered', 'connection.transferred',
  'connection.muted', 'connection.unmuted', 'connection.disconnected'
] as const

/** The history of connections, which explains why a user received no notification. */
export const connectionEvents = pgTable('connection_events', {
  id: uuid().primaryKey(),
  connectionId: uuid().notNull().references(() => connections.id, { onDelete: 'cascade' }),
  event: text({ enum: connectionEventNames }).notNull(),
  reason: text(),
  at: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  index('connection_events_connection').on(table.connectionId, table.id),
  check('connection_events_event', sql`${table.event} in (${sql.raw(connectionEventNames.map((name) => `'${name}'`).join(', '))})`)
])
