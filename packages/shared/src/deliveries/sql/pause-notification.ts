import type { Database } from '../../db/index.ts'
import type { ReleasedSegments } from '../enqueue.ts'
import { logEvent } from './fragments/log-event.ts'

/**
 * Pauses a notification: its deliveries that wait to be sent are due at `infinity`. Deliveries that are being sent now go on.
 * Undefined, and nothing changes, when it is paused or canceled already.
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
