import type { Database } from '../../../db/index.ts'
import type { Admission } from '../../../throttling/index.ts'
import { maxEarlyMs } from '../../clock-skew.ts'
import type { DeliveryKey } from '../../delivery-queues.ts'
import type { Wake } from '../../enqueue.ts'
import { logEvent } from '../fragments/log-event.ts'
import { milliseconds } from '../fragments/milliseconds.ts'

/**
 * Sets a later due time for each delivery that the provider's limits do not allow now, in the order of `keys`. This uses up no
 * attempt. Returns when the first one is due.
 */
export async function postpone (
  { sql }: Database, provider: string, keys: DeliveryKey[], { waitMs, everyMs, reason }: Omit<Admission, 'allowed' | 'isProbe'>
): Promise<Wake[]> {
  const [row] = await sql<Array<{ wakes: Wake[] }>>`
    with turn as (
      select notification_id, connection_id,
        now() + (${waitMs}::float8 + (position - 1) * ${everyMs}::float8) * interval '1 millisecond' as due_at
      from unnest(${keys.map(([notification]) => notification)}::uuid[], ${keys.map(([, connection]) => connection)}::uuid[])
        with ordinality as turn (notification_id, connection_id, position)
    ), postponed as (
      update deliveries set due_at = turn.due_at, job_id = null, reason = ${reason}, updated_at = now(),
        -- a delivery may be postponed thousands of times, so its history keeps only the latest wait
        history = case when history -> -1 ->> 'event' = 'wait' then jsonb_set(history, '{-1,until}', to_jsonb(turn.due_at))
          else ${logEvent(sql, 'wait', { reason: sql`${reason}::text`, until: sql`turn.due_at` })} end
      from turn
      where deliveries.notification_id = turn.notification_id and deliveries.connection_id = turn.connection_id
        and deliveries.due_at <= now() + ${milliseconds(sql, maxEarlyMs)}
      returning deliveries.due_at
    )
    select case when count(*) = 0 then '[]' else jsonb_build_array(jsonb_build_object('provider', ${provider}::text,
      'delayMs', extract(epoch from min(due_at) - now()) * 1000)) end as wakes from postponed`
  return row?.wakes ?? []
}
