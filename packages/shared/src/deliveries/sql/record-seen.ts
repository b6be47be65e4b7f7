import type { Database } from '../../db/index.ts'
import type { DeliveryKey } from '../delivery-queues.ts'
import { logEvent } from './fragments/log-event.ts'

/**
 * Records that the user opened the message. Only the first time counts, and nothing is recorded about users who were deleted.
 * False when nothing is recorded.
 */
export async function recordSeen ({ sql }: Database, [notificationId, connectionId]: DeliveryKey): Promise<boolean> {
  const { count } = await sql`
    update deliveries set history = ${logEvent(sql, 'seen')}, updated_at = now()
    where notification_id = ${notificationId} and connection_id = ${connectionId} and state in ('sent', 'unknown')
      and not history @> '[{"event": "seen"}]'
      and not exists (select from connections where id = ${connectionId} and status_reason = 'userDeleted')`
  return count === 1
}
