import type { Database } from '@carillon/shared/db'
import type { DueSegment } from '@carillon/shared/deliveries'

export interface PlanRequest {
  providers: string[] | null
  spreadSeconds: number | null
  /** The time until the notification is due. */
  delayMs: number
  /** The id of the request that created it. */
  requestId: string | null
  traceparent: string | null
}

/** The plan of one provider. */
export interface Plan {
  provider: string
  audience: number
  isPlanned: boolean
}

/** Undefined when nothing is left to plan: the notification is planned, unknown, or was canceled before its plan started. */
export async function readPlan ({ sql }: Database, notificationId: string): Promise<PlanRequest | undefined> {
  const [row] = await sql<PlanRequest[]>`
    select providers, spread_seconds as "spreadSeconds", request_id as "requestId", traceparent,
      greatest(0, coalesce(extract(epoch from send_at - now()) * 1000, 0))::float8 as "delayMs"
    from notifications where id = ${notificationId} and planned_at is null`
  return row
}

/** Starts the plan of each provider with the size of its audience, or continues it. */
export async function openPlan ({ sql }: Database, notificationId: string, providers: string[]): Promise<Plan[]> {
  await sql`
    with notification as (select id, created_at from notifications where id = ${notificationId}), audience as (
      select wanted.provider, (
        select count(*)::int from connections
        where connections.provider = wanted.provider and user_id is not null and connected_at <= notification.created_at
          and (disconnected_at is null or disconnected_at > notification.created_at)
      ) as number
      from notification cross join unnest(${providers}::text[]) as wanted (provider)
    )
    insert into progress (notification_id, provider, audience, planned_to, is_planned, started_at)
    select ${notificationId}::uuid, provider, number, '00000000-0000-0000-0000-000000000000', number = 0, now() from audience
    on conflict do nothing`
  return sql<Plan[]>`
    select provider, audience, is_planned as "isPlanned" from progress where notification_id = ${notificationId} order by provider`
}

export interface Cut {
  notificationId: string
  provider: string
  /** Connections in a segment. */
  size: number
  /** The delay between two connections. */
  secondsEach: number
  /** The maximum of segments. */
  limit: number
}

/** Creates the next segments and stores the position, in one statement. */
export async function cutSegments (
  { sql }: Database, { notificationId, provider, size, secondsEach, limit }: Cut
): Promise<{ segments: DueSegment[], isPlanned: boolean }> {
  const [row] = await sql<Array<{ segments: DueSegment[], isPlanned: boolean }>>`
    with plan as (
      select progress.*, created_at as bound from progress join notifications on notifications.id = notification_id
      where notification_id = ${notificationId} and provider = ${provider} for update of progress
    ), member as (
      -- lateral, so that it continues in the index; the provider as a parameter, so that the planner knows its selectivity
      select connection.id, row_number() over (order by connection.id) - 1 as place from plan cross join lateral (
        select id from connections
        where provider = ${provider} and user_id is not null and id > planned_to
          and connected_at <= bound and (disconnected_at is null or disconnected_at > bound)
        order by id limit ${size * limit}
      ) as connection
    ), range as (
      select place / ${size}::int as number, count(*)::int as size, min(place) as place,
        (array_agg(id order by id desc))[1] as last_id
      from member group by 1
    ), cut as (
      insert into segments (notification_id, provider, number, after_id, last_id, size, due_at)
      select ${notificationId}::uuid, ${provider}, plan.segments + range.number,
        lag(range.last_id, 1, plan.planned_to) over (order by range.number), range.last_id, range.size,
        started_at + (plan.planned + range.place) * ${secondsEach}::float8 * interval '1 second'
      from plan cross join range
      returning number, last_id, size, due_at
    ), total as (
      select count(*)::int as segments, coalesce(sum(size), 0)::int as planned, (array_agg(last_id order by last_id desc))[1] as last_id from cut
    ), noted as (
      update progress set
        segments = progress.segments + total.segments, planned = progress.planned + total.planned,
        planned_to = coalesce(total.last_id, progress.planned_to), is_planned = total.planned < ${size * limit}::int,
        queued = progress.queued + total.planned,
        -- some connections may have closed since they were counted
        audience = case when total.planned < ${size * limit}::int then progress.planned + total.planned else progress.audience end,
        version = progress.version + 1
      from plan, total
      where progress.notification_id = plan.notification_id and progress.provider = plan.provider
    )
    select (select coalesce(jsonb_agg(jsonb_build_object('notificationId', ${notificationId}::uuid, 'provider', ${provider}::text,
      'number', number, 'dueAt', floor(extract(epoch from due_at) * 1000), 'delayMs', greatest(0, extract(epoch from due_at - now()) * 1000))), '[]') from cut) as segments,
      planned < ${size * limit}::int as "isPlanned" from total`
  return row ?? { segments: [], isPlanned: true }
}
