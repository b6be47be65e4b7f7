import type { Database } from '../../db/index.ts'
import { logEvent } from './fragments/log-event.ts'
import { setState } from './fragments/set-state.ts'

/** Skips the waiting deliveries of a disconnected connection. A delivery that is being sent does not change. */
export async function skipWaiting ({ sql }: Database, connectionId: string): Promise<number> {
  const reason = sql`'disconnected'`
  const { count } = await sql`
    update deliveries
    set ${setState(sql, { by: 'skipWaiting', to: 'skipped', reason, history: logEvent(sql, 'skipped', { reason }) })}
    where (due_at is not null or parked_at is not null) and connection_id = ${connectionId}`
  return count
}
