import type { Database } from '@carillon/shared/db'
import { newId } from '@carillon/shared/db'
import type { DueSegment, SegmentJob, Wake } from '@carillon/shared/notifications'
import type { Claimed } from './claim.ts'

export interface SegmentClaim {
  id: string
  claimed: Claimed[]
  wakes: Wake[]
  /** What is left of the segment for later. */
  rest: DueSegment | undefined
}

export interface SegmentRequest {
  provider: string
  segment: SegmentJob
  /** Connections that are taken at most; the rest of the segment stays. */
  most: number
  /** When what is left is due. */
  restMs: number
  leaseMs: number
  /** Of the claim; a new one when absent. */
  id?: string
}

/**
 * Takes the first connections of a segment: makes their deliveries, as `sending` or as what they are instead, and answers what
 * is to be sent, in one statement. Those who have connected since the notification was accepted are not of its audience;
 * those who have left since are skipped. Undefined when the segment is gone, paused, not due yet, or in somebody else's hands.
 */
export async function claimSegment (
  { sql }: Database, { provider, segment, most, restMs, leaseMs, id = newId() }: SegmentRequest
): Promise<SegmentClaim | undefined> {
  const { notificationId, number } = segment
  const rows = await sql<SegmentRow[]>`
    with segment as (
      select segments.*, notifications.created_at as bound, canceled_at is not null as is_canceled, coalesce(expires_at <= now(), false) as is_late,
        extract(epoch from expires_at - now())::float8 * 1000 as expires_in_ms
      from segments join notifications on notifications.id = notification_id
      where notification_id = ${notificationId} and provider = ${provider} and number = ${number}
        and due_at <= now() + interval '1 second' and paused_at is null
      for update of segments skip locked
    ), member as (
      -- lateral, so that the range is read from the index and not looked for from its beginning; the provider by name, so that
      -- the planner knows if it is a rare one
      select connection.* from segment cross join lateral (
        select * from connections
        where provider = ${provider} and user_id is not null and id > after_id and id <= last_id
          and connected_at <= bound and (disconnected_at is null or disconnected_at > bound)
        order by id limit case when is_canceled or is_late then greatest(size, ${most}::int) else ${most}::int end
      ) as connection
    ), judged as (
      select member.id as connection_id, member.host, credentials, credentials_version, coalesce(member.expires_at <= now(), false) as is_expired,
        case
          when is_canceled then 'canceled'
          when is_late then 'expired'
          when status = 'revoked' then 'skipped'
          when status = 'needsReauth' then 'parked'
          when limited_until > now() or breaker <> 'closed' or silent_until > now() then 'queued'
          else 'sending' end as state,
        case
          when is_canceled then 'canceled'
          when is_late then 'expired'
          when status <> 'active' then status_reason
          when breaker <> 'closed' then 'breakerOpen'
          when limited_until > now() or silent_until > now() then 'rateLimited' end as reason,
        greatest(limited_until, case breaker when 'open' then retry_at when 'probing' then now() + interval '1 second' end, silent_until,
          now()) as until
      from segment cross join member
      -- the provider's own host has been asked before
      left join provider_hosts on provider_hosts.provider = segment.provider and provider_hosts.host = member.host and member.host <> ''
    ), taken as (
      select count(*)::int as number, (select connection_id from judged order by connection_id desc limit 1) as last_id from judged
    ), held as (
      insert into claims (id, provider, notification_ids, first_id, last_id, until)
      select ${id}::uuid, ${provider}, array[${notificationId}::uuid], segment.after_id, taken.last_id,
        now() + ${leaseMs}::int * interval '1 millisecond'
      from segment, taken where exists (select from judged where state = 'sending')
    ), made as (
      insert into deliveries (notification_id, connection_id, provider, state, due_at, parked_at, claim_id, reason, history)
      select ${notificationId}::uuid, connection_id, ${provider}, state, case state when 'queued' then until end,
        case state when 'parked' then now() end, case state when 'sending' then ${id}::uuid end, reason,
        case state when 'sending' then '[]' else jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
          'at', now(), 'event', case state when 'queued' then 'wait' else state end, 'reason', reason,
          'until', case state when 'queued' then until end))) end
      from judged
    ), ended as (
      select is_ended, case when is_ended then size else least(size, taken) end as gone from (
        select size, taken.number as taken, coalesce(taken.last_id = segment.last_id or taken.number < ${most}::int, true) as is_ended
        from segment cross join taken
      ) as half_ended
    ), finished as (
      delete from segments using segment, ended
      where segments.notification_id = segment.notification_id and segments.provider = segment.provider
        and segments.number = segment.number and is_ended
    ), shrunk as (
      update segments set after_id = taken.last_id, size = greatest(0, segment.size - taken.number),
        due_at = now() + ${restMs}::float8 * interval '1 millisecond'
      from segment, taken, ended
      where segments.notification_id = segment.notification_id and segments.provider = segment.provider
        and segments.number = segment.number and not is_ended
      returning segments.due_at
    ), counted as (
      update progress set queued = progress.queued - ended.gone,
        -- nothing may come of it, in which case nobody else tells that this was the last
        ended_at = case when ended_at is not null then ended_at when is_planned and progress.queued = ended.gone and sending + retrying = 0 then now() end,
        -- who left and came back since it was cut is of the audience no more
        audience = audience - case when is_ended then greatest(0, segment.size - taken.number) else 0 end,
        version = version + 1
      from segment, taken, ended
      where progress.notification_id = segment.notification_id and progress.provider = segment.provider
    )
    select (select floor(extract(epoch from due_at) * 1000)::float8 from shrunk) as "restDueAt",
      (select extract(epoch from min(until) - now()) * 1000 from judged where state = 'queued')::float8 as "delayMs",
      connection_id as "connectionId", host, credentials, credentials_version as "credentialsVersion", is_expired as "isExpired",
      expires_in_ms as "expiresInMs"
    from segment left join judged on state = 'sending'`
  const [row] = rows
  if (row === undefined) return undefined
  const { delayMs, restDueAt } = row
  return {
    id,
    claimed: rows.filter(isClaimed).map(({ connectionId, host, credentials, credentialsVersion, isExpired, expiresInMs }) => ({
      notificationId, connectionId, host, credentials, credentialsVersion, isExpired, expiresInMs, attempts: 0, isProbe: false
    })),
    wakes: delayMs === null ? [] : [{ provider, delayMs }],
    rest: restDueAt === null ? undefined : { notificationId, provider, number, dueAt: restDueAt, delayMs: restMs }
  }
}

type ClaimedRow = Omit<Claimed, 'notificationId' | 'attempts' | 'isProbe'>

/** One for each delivery that is to be sent, or one without. */
type SegmentRow = { restDueAt: number | null, delayMs: number | null } & (ClaimedRow | { [Field in keyof ClaimedRow]: null })

function isClaimed (row: SegmentRow): row is SegmentRow & ClaimedRow {
  return row.connectionId !== null
}
