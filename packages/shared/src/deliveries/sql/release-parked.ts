import type { Database } from '../../db/index.ts'
import { logEvent } from './fragments/log-event.ts'
import { setState } from './fragments/set-state.ts'

/** Makes the parked deliveries of reconnected connections due, at their scheduled time or now. Then call `dispatchWaiting`. */
export async function releaseParked ({ sql }: Database, connectionIds: string[]): Promise<number> {
  const { count } = await sql`
    update deliveries
    set ${setState(sql, {
      by: 'releaseParked',
      to: 'queued',
      dueAt: sql`greatest(now(), (select send_at from notifications where id = notification_id))`,
      history: logEvent(sql, 'released')
    })}
    where parked_at is not null and connection_id = any (${connectionIds}::uuid[])`
  return count
}
