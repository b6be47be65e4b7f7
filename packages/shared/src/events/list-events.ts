import type { Database } from '../db/index.ts'
import type { Event } from './event.ts'
import { matchesFilter } from './read-events.ts'
import type { EventFilter } from './read-events.ts'
import { eventColumns, eventJoins, toEvent } from './to-event.ts'
import type { EventRow } from './to-event.ts'

/** Lists up to `limit` events, newest first. `before` is the id of an event. */
export async function listEvents (
  { sql }: Pick<Database, 'sql'>, { before, limit, ...filter }: EventFilter & { before?: string | undefined, limit: number }
): Promise<Event[]> {
  const rows = await sql<EventRow[]>`
    select ${eventColumns(sql)} from events ${eventJoins(sql)}
    where true ${before === undefined ? sql`` : sql`and events.id < ${before}`} ${matchesFilter(sql, filter)}
    order by events.id desc limit ${limit}`
  return rows.map(toEvent)
}

export async function findEvent ({ sql }: Pick<Database, 'sql'>, id: string): Promise<Event | undefined> {
  const [row] = await sql<EventRow[]>`select ${eventColumns(sql)} from events ${eventJoins(sql)} where events.id = ${id}`
  return row === undefined ? undefined : toEvent(row)
}
