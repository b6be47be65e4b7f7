import { sql } from 'drizzle-orm'
import { check, index, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { connections } from './connections.ts'
import { teams } from './teams.ts'
import { users } from './users.ts'

/**
 * An authorization under way, and the one source of truth about it. The state that travels through the provider and the
 * secret in the browser's cookie are kept as hashes: whoever reads this table cannot finish a handshake.
 */
export const handshakes = pgTable('handshakes', {
  id: uuid().primaryKey(),
  userId: uuid().notNull().references(() => users.id, { onDelete: 'cascade' }),
  /** For whom the user connects, where that is a team: only its owner may. */
  teamId: uuid().references(() => teams.id, { onDelete: 'cascade' }),
  provider: text().notNull(),
  kind: text({ enum: ['redirect', 'verifier', 'code'] }).notNull(),
  /** Where the user says their account is, for providers that anybody can host. */
  account: text(),
  /** Sealed: what the provider's client needs to end what it has begun. Gone once it is over. */
  pending: text(),
  /** Verifiers that were tried; there is an end to guessing. */
  attempts: integer().notNull().default(0),
  /** When the provider may be asked again whether a code has been entered, by whichever process. */
  askAt: timestamp({ withTimezone: true }),
  /** An expired handshake stays `pending`; it reads as expired once `expiresAt` has passed. */
  status: text({ enum: ['pending', 'completed', 'failed'] }).notNull().default('pending'),
  error: text(),
  returnTo: text(),
  stateHash: text().unique('handshakes_state_hash'),
  browserHash: text(),
  /** When the browser last confirmed: a provider that gives nothing back is answered by the latest. */
  confirmedAt: timestamp({ withTimezone: true }),
  /** Set by the one callback that may use it; a second one finds it set. */
  claimedAt: timestamp({ withTimezone: true }),
  connectionId: uuid().references(() => connections.id, { onDelete: 'cascade' }),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  expiresAt: timestamp({ withTimezone: true }).notNull()
}, (table) => [
  index('handshakes_expires_at').on(table.expiresAt),
  check('handshakes_kind', sql`${table.kind} in ('redirect', 'verifier', 'code')`),
  check('handshakes_status', sql`${table.status} in ('pending', 'completed', 'failed')`),
  check('handshakes_completed', sql`(${table.status} = 'completed') = (${table.connectionId} is not null)`),
  check('handshakes_failed', sql`(${table.status} = 'failed') = (${table.error} is not null)`),
  check('handshakes_confirmed', sql`(${table.stateHash} is null) = (${table.browserHash} is null)`),
  index('handshakes_browser').on(table.browserHash),
  check('handshakes_confirmed_at', sql`(${table.browserHash} is null) = (${table.confirmedAt} is null)`),
  check('handshakes_claimed', sql`${table.kind} <> 'redirect' or ${table.claimedAt} is null or ${table.stateHash} is not null`),
  check('handshakes_ended', sql`${table.status} = 'pending' or ${table.claimedAt} is not null`),
  check('handshakes_pending', sql`${table.status} = 'pending' or ${table.pending} is null`),
  check('handshakes_attempts', sql`${table.attempts} >= 0`),
  check('handshakes_lifetime', sql`${table.expiresAt} > ${table.createdAt}`)
])
