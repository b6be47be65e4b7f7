import { sql } from 'drizzle-orm'
import { check, index, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { connections } from './connections.ts'
import { teams } from './teams.ts'
import { users } from './users.ts'

/**
 * An authorization in progress, and the single source of truth about it. The `state` parameter and the secret in the browser's
 * cookie are stored as hashes, so read access to this table is not enough to finish a handshake.
 */
export const handshakes = pgTable('handshakes', {
  id: uuid().primaryKey(),
  userId: uuid().notNull().references(() => users.id, { onDelete: 'cascade' }),
  /** The team that the user connects, if any. Only its owner may do so. */
  teamId: uuid().references(() => teams.id, { onDelete: 'cascade' }),
  provider: text().notNull(),
  kind: text({ enum: ['redirect', 'verifier', 'code', 'confirm', 'paste', 'link', 'subscribe'] }).notNull(),
  /** The address of the user's account, for providers with user-chosen hosts. */
  account: text(),
  /**
   * Sealed. Contains the provider client's state of the handshake, the address that waits for its code, or the credentials that
   * were obtained. Null once the handshake has ended.
   */
  pending: text(),
  /** Set while the credentials in `pending` wait for the user to confirm the account. */
  obtainedAt: timestamp({ withTimezone: true }),
  /** The number of verifiers or codes tried, which is limited against guessing. */
  attempts: integer().notNull().default(0),
  /** How many codes were sent to addresses that the user entered. Limited, because another person may own the address. */
  codesSent: integer().notNull().default(0),
  /** When the next code may be sent to the same address. */
  resendAt: timestamp({ withTimezone: true }),
  /** When any process may next poll the provider for the entry of the code. */
  askAt: timestamp({ withTimezone: true }),
  /** An expired handshake stays `pending`. Readers treat it as expired once `expiresAt` has passed. */
  status: text({ enum: ['pending', 'completed', 'failed'] }).notNull().default('pending'),
  error: text(),
  returnTo: text(),
  /** The hash of the `state` in the callback, or of the code in the link. */
  stateHash: text().unique('handshakes_state_hash'),
  /** The hash of the secret in the browser's cookie. No other browser can confirm or finish this handshake. */
  browserHash: text(),
  /**
   * The hash of the secret in the submitted form. A double click submits the form twice, before the browser has stored the
   * cookie.
   */
  formHash: text(),
  /** When the browser last confirmed the handshake. */
  confirmedAt: timestamp({ withTimezone: true }),
  /** Set by the one callback that may use the handshake. A second callback is refused. */
  claimedAt: timestamp({ withTimezone: true }),
  /** Sealed. The secret that the connection's user is shown until `expiresAt`, if there is one. */
  newSecret: text(),
  connectionId: uuid().references(() => connections.id, { onDelete: 'cascade' }),
  /** The generation of the user token that opened it. Null for those of earlier versions. */
  tokenGeneration: integer(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  expiresAt: timestamp({ withTimezone: true }).notNull()
}, (table) => [
  index('handshakes_expires_at').on(table.expiresAt),
  // For exports and deletions. Handshakes are kept for as long as their users.
  index('handshakes_user').on(table.userId, table.id),
  index('handshakes_connection').on(table.connectionId).where(sql`${table.connectionId} is not null`),
  // All kinds of the design, so that a kind that is added later needs no migration.
  check('handshakes_kind', sql`${table.kind} in ('redirect', 'verifier', 'code', 'confirm', 'paste', 'link', 'subscribe')`),
  check('handshakes_codes_sent', sql`${table.codesSent} >= 0 and (${table.kind} = 'confirm' or ${table.codesSent} = 0)`),
  check('handshakes_status', sql`${table.status} in ('pending', 'completed', 'failed')`),
  check('handshakes_completed', sql`(${table.status} = 'completed') = (${table.connectionId} is not null)`),
  check('handshakes_failed', sql`(${table.status} = 'failed') = (${table.error} is not null)`),
  check('handshakes_confirmed', sql`${table.kind} = 'link' or ${table.stateHash} is null or ${table.browserHash} is not null`),
  index('handshakes_browser').on(table.browserHash),
  index('handshakes_obtained').on(table.expiresAt).where(sql`${table.obtainedAt} is not null`),
  check('handshakes_confirmed_at', sql`${table.kind} = 'link' or (${table.stateHash} is null) = (${table.confirmedAt} is null)`),
  // A handshake that was canceled or revoked may have failed before the user confirmed it.
  check('handshakes_claimed', sql`${table.kind} <> 'redirect' or ${table.claimedAt} is null or ${table.stateHash} is not null or ${table.status} = 'failed'`),
  check('handshakes_ended', sql`${table.status} = 'pending' or ${table.claimedAt} is not null`),
  check('handshakes_new_secret', sql`${table.status} = 'completed' or ${table.newSecret} is null`),
  index('handshakes_with_new_secret').on(table.expiresAt).where(sql`${table.newSecret} is not null`),
  check('handshakes_pending', sql`${table.status} = 'pending' or ${table.pending} is null`),
  check('handshakes_obtained', sql`${table.obtainedAt} is null or (${table.status} = 'pending' and ${table.pending} is not null)`),
  check('handshakes_attempts', sql`${table.attempts} >= 0`),
  check('handshakes_lifetime', sql`${table.expiresAt} > ${table.createdAt}`)
])
