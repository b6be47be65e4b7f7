import { desc, eq } from 'drizzle-orm'
import { connectionEventNames, connectionEvents, newId } from '../db/index.ts'
import type { Database } from '../db/index.ts'

const maxEvents = 200

export type ConnectionEventName = typeof connectionEventNames[number]

export interface ConnectionEvent {
  event: ConnectionEventName
  reason: string | null
  at: Date
}

/** Records events of connections in one statement. */
export async function recordEvents (
  { db }: Pick<Database, 'db'>, events: Array<{ connectionId: string, event: ConnectionEventName, reason?: string | undefined }>
): Promise<void> {
  if (events.length === 0) return
  const rows = events.map(({ reason, ...event }) => ({ id: newId(), ...event, reason: reason ?? null }))
  await db.insert(connectionEvents).values(rows)
}

/** The last events of a connection, oldest first. */
export async function listEvents ({ db }: Database, connectionId: string): Promise<ConnectionEvent[]> {
  const latest = await db.select({ event: connectionEvents.event, reason: connectionEvents.reason, at: connectionEvents.at })
    .from(connectionEvents).where(eq(connectionEvents.connectionId, connectionId))
    .orderBy(desc(connectionEvents.id)).limit(maxEvents)
  return latest.reverse()
}
