import type { Database } from '../../db/index.ts'
import { logEvent } from './fragments/log-event.ts'
import { setState } from './fragments/set-state.ts'

/** Expires the waiting deliveries of notifications whose `expiresAt` has passed, and returns their number. */
export async function expireWaiting ({ sql }: Database): Promise<number> {
  const { count } = await sql`
    update deliveries
    set ${setState(sql, { by: 'expireWaiting', to: 'expired', reason: sql`'expired'`, history: logEvent(sql, 'expired') })}
    from notifications
    where notifications.id = notification_id and notifications.expires_at <= now() and (due_at is not null or parked_at is not null)`
  return count
}
