import type { Database } from '../../../db/index.ts'
import type { ReleasedSegments } from '../../enqueue.ts'
import { logEvent } from '../fragments/log-event.ts'

/**
 * Resumes a paused notification: overdue segments are due now, and later ones move by the length of the pause. A delivery that
 * waits for its scheduled time or its next attempt keeps that time. Undefined when the notification is not paused.
 */
export async function resumeNotification ({ sql }: Database, id: string): Promise<ReleasedSegments | undefined> {
  const [row] = await sql<ReleasedSegments[]>`
    with paused as (
      select id, paused_at, spread_seconds, send_at from notifications where id = ${id} and paused_at is not null for update
    ), notification as (
      update notifications set paused_at = null from paused where notifications.id = paused.id
    ), waiting as (
      select connection_id, state, row_number() over wide - 1 as position, count(*) over (partition by state) as number,
        -- the latest event with a time contains the end of the wait
        (jsonb_path_query_array(history, '$[*].until') ->> -1)::timestamptz as until
      from deliveries join paused on id = notification_id
      where due_at = 'infinity'
      window wide as (partition by state order by connection_id)
    ), released as (
      update deliveries set updated_at = now(), history = ${logEvent(sql, 'resumed')},
        -- queued deliveries are spread again over the same time
        due_at = greatest(until, greatest(now(), send_at) + case waiting.state when 'queued'
          then coalesce(spread_seconds, 0) * interval '1 second' * waiting.position / waiting.number else interval '0' end)
      from waiting, paused
      where notification_id = paused.id and deliveries.connection_id = waiting.connection_id
    ), segment as (
      update segments set due_at = case when due_at > paused_at then due_at + (now() - paused_at) else now() end
      from paused where notification_id = paused.id
      returning notification_id as "notificationId", provider, number, floor(extract(epoch from due_at) * 1000) as "dueAt",
        extract(epoch from due_at - now()) * 1000 as "delayMs"
    )
    select (select coalesce(jsonb_agg(segment), '[]') from segment) as segments from paused`
  return row
}
