import { sql } from 'drizzle-orm'
import { check, index, integer, pgTable, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'

export const noticeKinds = [
  'deauthorize', 'delete', 'linkOpened', 'targetGone', 'targetReturned', 'grantRevoked', 'unsubscribed'
] as const

/**
 * Messages that providers have sent, and their effects. A handled row contains nothing about the person, so the deletion of a
 * person's data can still be confirmed when all of it is gone.
 */
export const notices = pgTable('notices', {
  id: uuid().primaryKey(),
  provider: text().notNull(),
  /** The kind of the first event. `deauthorize` is `accountRemoved`, and `delete` is `deletionRequested`. */
  kind: text({ enum: noticeKinds }).notNull(),
  /** The hash of the message's id, so that a repeated message counts once. */
  digest: text().notNull(),
  /** The code with which the person can look up the notice. */
  code: text().notNull().unique('notices_code'),
  /** How many connections the notice disconnected. */
  closed: integer().notNull().default(0),
  /** Sealed: the events. Null once they are handled. */
  events: text(),
  /** While the events are not handled: when any process may handle them. The process that handles them moves it. */
  handleAt: timestamp({ withTimezone: true }),
  /** The id of the request that contained the message. Null if a worker received it by polling. */
  requestId: text(),
  at: timestamp({ withTimezone: true }).notNull().defaultNow()
}, (table) => [
  unique('notices_digest').on(table.provider, table.kind, table.digest),
  index('notices_handle_at').on(table.handleAt).where(sql`${table.handleAt} is not null`),
  index('notices_at').on(table.at).where(sql`${table.kind} <> 'delete'`),
  check('notices_kind', sql`${table.kind} in (${sql.raw(noticeKinds.map((kind) => `'${kind}'`).join(', '))})`),
  check('notices_events', sql`(${table.events} is null) = (${table.handleAt} is null)`)
])
