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
  /** Sealed: what the provider's client needs to finish, or the credentials that it obtained. Null once it is over. */
  pending: text(),
  /** Set while credentials wait in `pending` for the user to confirm whose account they belong to. */
  obtainedAt: timestamp({ withTimezone: true }),
  /** Verifiers that were tried; there is an end to guessing. */
  attempts: integer().notNull().default(0),
  /** When the provider may be asked again whether a code has been entered, by whichever process. */
  askAt: timestamp({ withTimezone: true }),
  /** An expired handshake stays `pending`; it reads as expired once `expiresAt` has passed. */
  status: text({ enum: ['pending', 'completed', 'failed'] }).notNull().default('pending'),
  error: text(),
  returnTo: text(),
  stateHash: text().unique('handshakes_state_hash'),
  /** Of the secret in the cookie of the browser that this handshake belongs to. No other browser can confirm or finish it. */
  browserHash: text(),
  /** Of the secret in the form that confirmed. A double click sends the form twice, before the browser has stored the cookie. */
  formHash: text(),
  /** When the browser last confirmed. */
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
  check('handshakes_confirmed', sql`${table.stateHash} is null or ${table.browserHash} is not null`),
  index('handshakes_browser').on(table.browserHash),
  index('handshakes_obtained').on(table.expiresAt).where(sql`${table.obtainedAt} is not null`),
  check('handshakes_confirmed_at', sql`(${table.stateHash} is null) = (${table.confirmedAt} is null)`),
  check('handshakes_claimed', sql`${table.kind} <> 'redirect' or ${table.claimedAt} is null or ${table.stateHash} is not null`),
  check('handshakes_ended', sql`${table.status} = 'pending' or ${table.claimedAt} is not null`),
  check('handshakes_pending', sql`${table.status} = 'pending' or ${table.pending} is null`),
  check('handshakes_obtained', sql`${table.obtainedAt} is null or (${table.status} = 'pending' and ${table.pending} is not null)`),
  check('handshakes_attempts', sql`${table.attempts} >= 0`),
  check('handshakes_lifetime', sql`${table.expiresAt} > ${table.createdAt}`)
])
