import type { Database } from '../../db/index.ts'
import type { DueSegment } from '../enqueue.ts'

/** What a steering call has set free; enqueue the segments, and follow it with `dispatchWaiting`. */
export interface Steered {
  segments: DueSegment[]
}

/**
 * Holds everything of a notification that is not being sent this moment. Undefined, and nothing happens, when it is paused or
 * canceled already.
 */
export async function pauseNotification ({ sql }: Database, id: string): Promise<Steered | undefined> {
  const [row] = await sql`
    with notification as (
      update notifications set paused_at = now() where id = ${id} and paused_at is null and canceled_at is null returning id
    ), held as (
      update deliveries set due_at = 'infinity', job_id = null, updated_at = now(),
        history = history || jsonb_build_object('at', now(), 'event', 'paused')
      from notification where notification_id = notification.id and due_at is not null
    )
    select from notification`
  return row === undefined ? undefined : { segments: [] }
}

/**
 * Goes on with what was held: late segments at once, the others as much later as the pause was long. What was to wait until a
 * certain time, because it is scheduled or its last try failed, still does. Undefined when it is not paused.
 */
export async function resumeNotification ({ sql }: Database, id: string): Promise<Steered | undefined> {
  const [row] = await sql<Steered[]>`
    with paused as (
      select id, paused_at, spread_seconds, send_at from notifications where id = ${id} and paused_at is not null for update
    ), notification as (
      update notifications set paused_at = null from paused where notifications.id = paused.id
    ), waiting as (
      select connection_id, state, row_number() over wide - 1 as place, count(*) over (partition by state) as number,
        -- the last thing that happened to it which had a time
        (jsonb_path_query_array(history, '$[*].until') ->> -1)::timestamptz as until
      from deliveries join paused on id = notification_id
      where due_at = 'infinity'
      window wide as (partition by state order by connection_id)
    ), released as (
      update deliveries set updated_at = now(), history = history || jsonb_build_object('at', now(), 'event', 'resumed'),
        -- what was spread stays spread
        due_at = greatest(until, greatest(now(), send_at) + case waiting.state when 'queued'
          then coalesce(spread_seconds, 0) * interval '1 second' * waiting.place / waiting.number else interval '0' end)
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

/**
 * Ends a notification: what waits is canceled now, what has no row yet as its segments come by. What is being sent ends as it
 * ends. Undefined when it is canceled already.
 */
export async function cancelNotification ({ sql }: Database, id: string): Promise<Steered | undefined> {
  const [row] = await sql<Steered[]>`
    with notification as (
      update notifications set canceled_at = now(), paused_at = null,
        -- one that nobody has begun to plan never will be
        planned_at = case when exists (select from progress where notification_id = notifications.id) then planned_at
          else coalesce(planned_at, now()) end
      where id = ${id} and canceled_at is null returning id
    ), canceled as (
      update deliveries set state = 'canceled', due_at = null, parked_at = null, job_id = null, reason = 'canceled', updated_at = now(),
        history = history || jsonb_build_object('at', now(), 'event', 'canceled')
      from notification where notification_id = notification.id and (due_at is not null or parked_at is not null)
    ), segment as (
      update segments set due_at = now() from notification where notification_id = notification.id
      returning notification_id as "notificationId", provider, number, floor(extract(epoch from due_at) * 1000) as "dueAt", 0 as "delayMs"
    )
    select (select coalesce(jsonb_agg(segment), '[]') from segment) as segments from notification`
  return row
}

/**
 * Tries what has failed again, with all its attempts; what is paused, once it is resumed. Answers how many there were: none of a
 * notification that is canceled or has expired. Follow it with `dispatchWaiting`.
 */
export async function retryFailed ({ sql }: Database, id: string): Promise<number> {
  const { count } = await sql`
    update deliveries set state = 'queued', attempts = 0, due_at = case when paused_at is null then now() else 'infinity' end, job_id = null, reason = null, updated_at = now(),
      history = history || jsonb_build_object('at', now(), 'event', 'retried')
    from notifications
    where notification_id = ${id} and notifications.id = notification_id and canceled_at is null
      and coalesce(expires_at > now(), true) and state in ('failed', 'unknown')`
  return count
}
