import type { Database } from '../../db/index.ts'
import type { DeliveryKey, DueSegment, SegmentJob, Wake } from '../index.ts'
import type { Admission } from '../../throttling/admit.ts'

/** Gives deliveries that may not be sent now a turn each, at no cost of an attempt, in the order of `keys`. */
export async function putOff (
  { sql }: Database, provider: string, keys: DeliveryKey[], { waitMs, everyMs, reason }: Admission
): Promise<Wake[]> {
  const [row] = await sql<Array<{ wakes: Wake[] }>>`
    with turn as (
      select notification_id, connection_id, now() + (${waitMs}::float8 + (place - 1) * ${everyMs}::float8) * interval '1 millisecond' as due_at
      from unnest(${keys.map(([notification]) => notification)}::uuid[], ${keys.map(([, connection]) => connection)}::uuid[])
        with ordinality as turn (notification_id, connection_id, place)
    ), put as (
      update deliveries set due_at = turn.due_at, job_id = null, reason = ${reason}, updated_at = now(),
        -- once is enough: who waits for a limit is put off again and again
        history = case when history -> -1 ->> 'event' = 'wait' then jsonb_set(history, '{-1,until}', to_jsonb(turn.due_at))
          else history || jsonb_build_object('at', now(), 'event', 'wait', 'reason', ${reason}::text, 'until', turn.due_at) end
      from turn
      where deliveries.notification_id = turn.notification_id and deliveries.connection_id = turn.connection_id
        and deliveries.due_at <= now() + interval '1 second'
      returning deliveries.due_at
    )
    select case when count(*) = 0 then '[]' else jsonb_build_array(jsonb_build_object('provider', ${provider}::text,
      'delayMs', extract(epoch from min(due_at) - now()) * 1000)) end as wakes from put`
  return row?.wakes ?? []
}

/** As `putOff`, for a segment of which nothing has been claimed. Undefined when it is gone. */
export async function putOffSegment (
  { sql }: Database, provider: string, { notificationId, number }: SegmentJob, waitMs: number
): Promise<DueSegment | undefined> {
  const [row] = await sql<DueSegment[]>`
    update segments set due_at = now() + ${waitMs}::float8 * interval '1 millisecond'
    where notification_id = ${notificationId} and provider = ${provider} and number = ${number}
    returning notification_id as "notificationId", provider, number, floor(extract(epoch from due_at) * 1000)::float8 as "dueAt",
      ${waitMs}::float8 as "delayMs"`
  return row
}
