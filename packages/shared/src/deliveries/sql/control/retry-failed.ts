import type { Database } from '../../../db/index.ts'
import { logEvent } from '../fragments/log-event.ts'
import { setState } from '../fragments/set-state.ts'

/**
 * Queues a notification's failed and unknown deliveries again, with all their attempts. If the notification is paused, they are
 * due when it resumes. Returns their number, which is 0 for a canceled or expired notification. Call `dispatchWaiting`
 * afterwards.
 */
export async function retryFailed ({ sql }: Database, id: string): Promise<number> {
  const { count } = await sql`
    update deliveries
    set attempts = 0, ${setState(sql, {
      by: 'retryFailed',
      to: 'queued',
      dueAt: sql`case when paused_at is null then now() else 'infinity' end`,
      history: logEvent(sql, 'retried')
    })}
    from notifications
    where notification_id = ${id} and notifications.id = notification_id and canceled_at is null
      and coalesce(expires_at > now(), true) and state in ('failed', 'unknown')`
  return count
}
