import type { Database } from '../../../db/index.ts'
import type { ReleasedSegments } from '../../enqueue.ts'
import { logEvent } from '../fragments/log-event.ts'
import { setState } from '../fragments/set-state.ts'

/**
 * Cancels a notification: its waiting deliveries now, and the audience of its segments when a worker claims them. A delivery
 * that is being sent is not canceled. Undefined when the notification is already canceled.
 */
export async function cancelNotification ({ sql }: Database, id: string): Promise<ReleasedSegments | undefined> {
  const [row] = await sql<ReleasedSegments[]>`
    with notification as (
      update notifications set canceled_at = now(), paused_at = null,
        -- without progress the notification was never planned, and canceled notifications are not planned
        planned_at = case when exists (select from progress where notification_id = notifications.id) then planned_at
          else coalesce(planned_at, now()) end
      where id = ${id} and canceled_at is null returning id
    ), canceled as (
      update deliveries
      set ${setState(sql, {
        by: 'cancelNotification', to: 'canceled', reason: sql`'canceled'`, history: logEvent(sql, 'canceled')
      })}
      from notification where notification_id = notification.id and (due_at is not null or parked_at is not null)
    ), segment as (
      update segments set due_at = now() from notification where notification_id = notification.id
      returning notification_id as "notificationId", provider, number, floor(extract(epoch from due_at) * 1000) as "dueAt", 0 as "delayMs"
    )
    select (select coalesce(jsonb_agg(segment), '[]') from segment) as segments from notification`
  return row
}
