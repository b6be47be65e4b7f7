import type { Database } from '../../db/index.ts'
import { logEvent } from './fragments/log-event.ts'
import { setState } from './fragments/set-state.ts'

/** Skips the waiting deliveries of a closed connection. A delivery that is being sent does not change. */
export async function skipWaiting (
  { sql }: Pick<Database, 'sql'>, connectionId: string, why: 'disconnected' | 'userDeleted' = 'disconnected'
): Promise<number> {
  const reason = sql`${why}::text`
  const { count } = await sql`
    update deliveries
    set ${setState(sql, { by: 'skipWaiting', to: 'skipped', reason, history: logEvent(sql, 'skipped', { reason }) })}
    where (due_at is not null or parked_at is not null) and connection_id = ${connectionId}`
  return count
}
