import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { apiKeys } from './api-keys.ts'

/** A message and its audience. What became of it is told by its deliveries and by `unreachable`. */
export const notifications = pgTable('notifications', {
  id: uuid().primaryKey(),
  /** `welcome` greets a user who has just connected; everything else comes through the API. */
  origin: text({ enum: ['api', 'welcome'] }).notNull(),
  audience: jsonb().notNull(),
  message: jsonb().notNull(),
  providers: text().array(),
  data: jsonb(),
  /** Users of the audience who had no connection to ring: `[{userId, reason}]`. */
  unreachable: jsonb().notNull().default([]),
  sendAt: timestamp({ withTimezone: true }),
  expiresAt: timestamp({ withTimezone: true }),
  /** Over how long its deliveries are spread. */
  spreadSeconds: integer(),
  /** What becomes of a delivery of which nobody knows whether it was sent, where sending it again may show it twice. */
  onUnknown: text({ enum: ['resend', 'hold'] }).notNull().default('hold'),
  /** When the whole audience had been cut into segments; that of named users is known when they are accepted. */
  plannedAt: timestamp({ withTimezone: true }),
  pausedAt: timestamp({ withTimezone: true }),
  canceledAt: timestamp({ withTimezone: true }),
  createdBy: uuid().references(() => apiKeys.id, { onDelete: 'set null' }),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  index('notifications_unplanned').on(table.id).where(sql`${table.plannedAt} is null`),
  check('notifications_origin', sql`${table.origin} in ('api', 'welcome')`),
  check('notifications_audience', sql`jsonb_typeof(${table.audience}) = 'object'`),
  check('notifications_message', sql`coalesce(${table.message} ->> 'type', '') in ('note', 'link', 'file')`),
  check('notifications_unreachable', sql`jsonb_typeof(${table.unreachable}) = 'array'`),
  check('notifications_on_unknown', sql`${table.onUnknown} in ('resend', 'hold')`),
  check('notifications_spread', sql`${table.spreadSeconds} > 0`),
  check('notifications_expires_at', sql`${table.expiresAt} > coalesce(${table.sendAt}, ${table.createdAt})`)
])
