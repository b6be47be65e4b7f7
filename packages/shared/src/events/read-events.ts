import type { PendingQuery, Row } from 'postgres'
import type { Database } from '../db/index.ts'
import type { Event, EventType } from './event.ts'
import { eventColumns, eventJoins, toEvent } from './to-event.ts'
import type { EventRow } from './to-event.ts'

export interface EventFilter {
  types?: readonly EventType[] | undefined
  /** The site's id of the user that the event is about. */
  userId?: string | undefined
}

interface EventsRead {
  events: Event[]
  /** Continue after this position. All events up to it were read, also those that do not match the filter. */
  position: number
}

/** The maximum of events whose position one statement assigns. */
const maxAssigned = 10_000

interface ReadRequest extends EventFilter {
  after: number
  limit: number
  /** The result of `assignPositions`, if the caller has it. */
  head?: number | undefined
}

/**
 * Reads up to `limit` events after a position, in the order of their positions. Never skips an event, however late its
 * transaction commits. The first position is 0.
 */
export async function readEvents (
  { sql }: Pick<Database, 'sql'>, { after, limit, head: knownHead, ...filter }: ReadRequest
): Promise<EventsRead> {
  const head = knownHead ?? await assignPositions({ sql })
  const rows = await sql<EventRow[]>`
    select ${eventColumns(sql)} from events ${eventJoins(sql)}
    where position > ${after} and position <= ${head} ${matchesFilter(sql, filter)}
    order by position limit ${limit}`
  const last = rows.at(-1)
  return {
    events: rows.map(toEvent),
    position: rows.length < limit || last?.position == null ? Math.max(after, head) : last.position
  }
}

/** The position after which an event is read next. 0, where the oldest events are, when the event is unknown or deleted. */
export async function findPosition ({ sql }: Pick<Database, 'sql'>, id: string): Promise<number> {
  await assignPositions({ sql })
  const [row] = await sql<Array<{ position: number }>>`select position::float8 as position from events where id = ${id}`
  return row?.position ?? 0
}

/** Assigns positions to all committed events, and returns the last one. A reader that starts there receives new events only. */
export async function assignPositions ({ sql }: Pick<Database, 'sql'>): Promise<number> {
  for (;;) {
    const [row] = await sql<Array<{ assigned: number, head: number }>>`
      select assigned, head::float8 as head from assign_event_positions(${maxAssigned})`
    const { assigned, head } = row ?? { assigned: 0, head: 0 }
    if (assigned < maxAssigned) return head
  }
}

export function matchesFilter (sql: Database['sql'], { types, userId }: EventFilter): PendingQuery<Row[]> {
  return sql`${types === undefined ? sql`` : sql`and events.type = any (${[...types]}::text[])`}
    ${userId === undefined ? sql`` : sql`and events.user_id = (select id from users where external_id = ${userId})`}`
}
