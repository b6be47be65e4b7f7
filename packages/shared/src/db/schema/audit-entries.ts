import { sql } from 'drizzle-orm'
import { check, index, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

export const actorKinds = ['apiKey', 'user', 'operator', 'system'] as const

/**
 * Who did what, from where. A trigger in the migrations refuses to change or delete entries, see docs/audit.md. There are no
 * foreign keys, because an entry outlives what it is about. It refers to users and teams by Carillon's ids alone, so that it
 * names none of them after their rows are deleted.
 */
export const auditEntries = pgTable('audit_entries', {
  /** By the database's clock, so that the ids of all processes sort by time. */
  id: uuid().primaryKey().default(sql`new_id()`),
  action: text().notNull(),
  actorKind: text({ enum: actorKinds }).notNull(),
  /** The API key or the user. */
  actorId: uuid(),
  /** The account and the host of an operator at the command line. */
  operator: text(),
  targetKind: text().notNull(),
  /** With its prefix, if it is an id of Carillon. */
  targetId: text().notNull(),
  /** The user that the target belongs to, or is, and else the user who acted. */
  userId: uuid(),
  /** The team that the target belongs to, or is. */
  teamId: uuid(),
  requestId: text(),
  /** Of the caller, through the trusted proxies. */
  ipAddress: text(),
  /** What changed. Never a secret or the text of a message. */
  details: jsonb().$type<Record<string, unknown>>().notNull().default({}),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  index('audit_entries_action').on(table.action, table.id),
  index('audit_entries_actor').on(table.actorKind, table.actorId, table.id),
  index('audit_entries_unnamed_actor').on(table.actorKind, table.id).where(sql`${table.actorId} is null`),
  index('audit_entries_target').on(table.targetId, table.id),
  index('audit_entries_user').on(table.userId, table.id).where(sql`${table.userId} is not null`),
  check('audit_entries_action', sql`${table.action} ~ '^[a-z_]+[.][a-z_]+$'`),
  check('audit_entries_actor', sql`case ${table.actorKind}
    when 'apiKey' then ${table.actorId} is not null and ${table.operator} is null
    when 'user' then ${table.actorId} is not null and ${table.operator} is null
    when 'operator' then ${table.actorId} is null and ${table.operator} is not null
    else ${table.actorKind} = 'system' and ${table.actorId} is null and ${table.operator} is null end`),
  check('audit_entries_details', sql`jsonb_typeof(${table.details}) = 'object'`)
])
