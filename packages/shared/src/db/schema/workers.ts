import { sql } from 'drizzle-orm'
import { check, doublePrecision, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** The worker processes. Each updates its row every few seconds, and deletes it when it stops. */
export const workers = pgTable('workers', {
  /** Chosen by the process at its start. */
  id: uuid().primaryKey(),
  version: text().notNull(),
  host: text().notNull(),
  pid: integer().notNull(),
  /** The providers that it sends through. */
  providers: text().array().notNull(),
  runningJobs: integer().notNull(),
  /** How far the clock of its machine is ahead of the database's. Null until it was measured. */
  clockAheadMs: doublePrecision(),
  /** How many requests it may have in flight at each host, see packages/shared/src/workers. */
  hostLimits: jsonb().notNull().default([]),
  startedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  seenAt: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  check('workers_running_jobs', sql`${table.runningJobs} >= 0`)
])
