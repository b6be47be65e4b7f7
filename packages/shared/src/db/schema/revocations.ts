import { sql } from 'drizzle-orm'
import { check, index, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { connections } from './connections.ts'

/** Credentials that Carillon no longer uses and must still revoke at the provider. They are erased when the revocation ends. */
export const revocations = pgTable('revocations', {
  id: uuid().primaryKey(),
  /** Null for credentials from a handshake that no connection ever stored. */
  connectionId: uuid().references(() => connections.id, { onDelete: 'cascade' }),
  provider: text().notNull(),
  /**
   * The account of the credentials. Where a revocation ends all grants of an account, the account may have another connection.
   */
  accountId: text().notNull().default(''),
  /** Sealed. Null once the revocation has ended. */
  credentials: text(),
  state: text({ enum: ['pending', 'done', 'failed'] }).notNull().default('pending'),
  attempts: integer().notNull().default(0),
  dueAt: timestamp({ withTimezone: true }),
  reason: text(),
  /** The id of the request that ended the use of the credentials. */
  requestId: text(),
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
