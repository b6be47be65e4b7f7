import { events } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import type { EventType } from './event.ts'

/** An event of the calling transaction. Ids are Carillon's, without prefixes. `data` has the members that no column has. */
interface NewEvent {
  type: EventType
  userId?: string | null
  teamId?: string | null
  connectionId?: string
  notificationId?: string
  handshakeId?: string
  provider?: string
  data?: Record<string, unknown>
}

/**
 * Records events in one statement. Call it in the transaction that causes them. Triggers already record the changes of
 * connections, handshakes, notifications, deliveries, providers and pulls.
 */
export async function recordEvents ({ db }: Pick<Database, 'db'>, all: readonly NewEvent[]): Promise<void> {
  if (all.length > 0) await db.insert(events).values([...all])
}
