import type { Database } from '../../../db/index.ts'
import type { ReleasedSegments } from '../../enqueue.ts'
import { logEvent } from '../fragments/log-event.ts'

/**
 * Pauses a notification: its waiting deliveries become due at `infinity`. A delivery that is being sent is not paused.
 * Undefined, without any change, when the notification is already paused or canceled.
 */
export async function pauseNotification ({ sql }: Database, id: string): Promise<ReleasedSegments | undefined> {
  const [row] = await sql`
    with notification as (
      update notifications set paused_at = now() where id = ${id} and paused_at is null and canceled_at is null returning id
    ), held as (
      update deliveries set due_at = 'infinity', job_id = null, updated_at = now(), history = ${logEvent(sql, 'paused')}
      from notification where notification_id = notification.id and due_at is not null
    )
    select from notification`
  return row === undefined ? undefined : { segments: [] }
}
