import { sql } from 'drizzle-orm'
import { check, index, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { connections } from './connections.ts'

/** Credentials that are of no more use to us and are yet to be ended at the provider. They are erased with their row's end. */
export const revocations = pgTable('revocations', {
  id: uuid().primaryKey(),
  /** Null for credentials that a handshake obtained and no connection ever held. */
  connectionId: uuid().references(() => connections.id, { onDelete: 'cascade' }),
  provider: text().notNull(),
  /** Whose they were: where all that an account has granted ends at once, it may be connected elsewhere or again. */
  accountId: text().notNull().default(''),
  /** Sealed; gone once it is over. */
  credentials: text(),
  state: text({ enum: ['pending', 'done', 'failed'] }).notNull().default('pending'),
  attempts: integer().notNull().default(0),
  dueAt: timestamp({ withTimezone: true }),
  reason: text(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  index('revocations_due').on(table.dueAt).where(sql`${table.state} = 'pending'`),
  index('revocations_connection').on(table.connectionId),
  check('revocations_state', sql`${table.state} in ('pending', 'done', 'failed')`),
  check('revocations_pending', sql`(${table.state} = 'pending') = (${table.credentials} is not null)
    and (${table.state} = 'pending') = (${table.dueAt} is not null)`),
  check('revocations_failed', sql`${table.state} <> 'failed' or ${table.reason} is not null`)
])
