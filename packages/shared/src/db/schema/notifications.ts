import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { apiKeys } from './api-keys.ts'

/** A message and its audience. Its deliveries and `unreachable` contain the results. */
export const notifications = pgTable('notifications', {
  id: uuid().primaryKey(),
  /** `welcome` is the greeting for a user who has just connected. All other notifications come through the API. */
  origin: text({ enum: ['api', 'welcome'] }).notNull(),
  audience: jsonb().notNull(),
  message: jsonb().notNull(),
  providers: text().array(),
  data: jsonb(),
  /** Users of the audience without a usable connection: `[{userId, reason}]`. */
  unreachable: jsonb().notNull().default([]),
  sendAt: timestamp({ withTimezone: true }),
  expiresAt: timestamp({ withTimezone: true }),
  /** The time over which the deliveries are spread. */
  spreadSeconds: integer(),
  /** How to handle a delivery with an unknown result, where sending it again may show it twice. */
  onUnknown: text({ enum: ['resend', 'hold'] }).notNull().default('hold'),
  /** When the whole audience was divided into segments. Set at once for an audience of named users. */
  plannedAt: timestamp({ withTimezone: true }),
  pausedAt: timestamp({ withTimezone: true }),
  canceledAt: timestamp({ withTimezone: true }),
  /** The `X-Request-Id` of the request that created it. The worker adds it to its log lines. */
  requestId: text(),
  /** The trace that the request was part of, if traces are exported (W3C Trace Context). */
  traceparent: text(),
  createdBy: uuid().references(() => apiKeys.id, { onDelete: 'set null' }),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  index('notifications_unplanned').on(table.id).where(sql`${table.plannedAt} is null`),
  // For lists by status. Few notifications have an entry.
  index('notifications_scheduled').on(table.id).where(sql`${table.sendAt} is not null`),
  index('notifications_paused').on(table.id).where(sql`${table.pausedAt} is not null`),
  index('notifications_canceled').on(table.id).where(sql`${table.canceledAt} is not null`),
  check('notifications_origin', sql`${table.origin} in ('api', 'welcome')`),
  check('notifications_audience', sql`jsonb_typeof(${table.audience}) = 'object'`),
  check('notifications_message', sql`coalesce(${table.message} ->> 'type', '') in ('note', 'link', 'file')`),
  check('notifications_unreachable', sql`jsonb_typeof(${table.unreachable}) = 'array'`),
  check('notifications_on_unknown', sql`${table.onUnknown} in ('resend', 'hold')`),
  check('notifications_spread', sql`${table.spreadSeconds} > 0`),
  check('notifications_expires_at', sql`${table.expiresAt} > coalesce(${table.sendAt}, ${table.createdAt})`)
])
