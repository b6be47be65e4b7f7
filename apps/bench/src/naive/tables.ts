import { integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** A simple schema: the token in plain text, and one row per delivery for the result. */
export const recipients = pgTable('naive_recipients', {
  id: uuid().primaryKey(),
  accessToken: text('access_token').notNull()
})

export const deliveries = pgTable('naive_deliveries', {
  id: uuid().primaryKey(),
  recipientId: uuid('recipient_id').notNull().references(() => recipients.id),
  state: text().notNull().default('queued'),
  attempts: integer().notNull().default(0),
  receipt: jsonb(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow()
})

export const createTables = `
  create table naive_recipients (id uuid primary key, access_token text not null);
  create table naive_deliveries (
    id uuid primary key, recipient_id uuid not null references naive_recipients, state text not null default 'queued',
    attempts integer not null default 0, receipt jsonb, updated_at timestamptz not null default now())`
