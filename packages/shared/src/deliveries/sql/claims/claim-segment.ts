import { newId } from '../../../db/index.ts'
import type { Database } from '../../../db/index.ts'
import { hostBlocks } from '../../../throttling/index.ts'
import { maxEarlyMs } from '../../clock-skew.ts'
import type { SegmentJob } from '../../delivery-queues.ts'
import type { DueSegment, Wake } from '../../enqueue.ts'
import type { Claimed } from './claim.ts'
import type { Fragment, Sql } from '../fragments/fragment.ts'
import { toEvent } from '../fragments/log-event.ts'
import { milliseconds } from '../fragments/milliseconds.ts'
import { readStreak } from '../fragments/read-streak.ts'
import { forState } from '../fragments/set-state.ts'

export interface SegmentClaim {
  id: string
  claimed: Claimed[]
  wakes: Wake[]
  /** The rest of the segment, which is due later. */
  rest: DueSegment | undefined
}

export interface SegmentRequest {
  provider: string
  segment: SegmentJob
  /** The maximum number of connections to claim. The rest of the segment stays. */
  max: number
  /** The time until the rest is due. */
  restMs: number
  leaseMs: number
  /** The id of the claim. A new one when absent. */
  id?: string
}

/**
 * Claims the first connections of a segment in one statement: inserts their deliveries as `sending`, or with another state that
 * applies. The audience is the connections that existed when the notification was accepted. Revoked ones are skipped. Undefined
 * when the segment is deleted, paused, not due yet, or locked by another process.
 */
export async function claimSegment ({ sql }: Database, request: SegmentRequest): Promise<SegmentClaim | undefined> {
  const { provider, segment: { notificationId, number }, restMs, id = newId() } = request
  const rows = await sql<SegmentRow[]>`
    with segment as (${lockSegment(sql, request)}),
    member as (${readMembers(sql, request)}),
    decided as (${decide(sql)}),
    taken as (${countTaken(sql)}),
    lease as (${insertLease(sql, id, request)}),
    made as (${insertDeliveries(sql, id, request)}),
    ended as (${findEnd(sql, request)}),
    finished as (${deleteSegment(sql)}),
    shrunk as (${shrinkSegment(sql, request)}),
    counted as (${updateProgress(sql)})
    select (select floor(extract(epoch from due_at) * 1000)::float8 from shrunk) as "restDueAt",
      (select extract(epoch from min(until) - now()) * 1000 from decided where next_state = 'queued')::float8 as "delayMs",
      connection_id as "connectionId", host, grant_id as "grantId", target, streak, credentials, version as "credentialsVersion",
      is_expired as "isExpired", expires_in_ms as "expiresInMs"
    from segment left join decided on next_state = 'sending'`
  const [row] = rows
  if (row === undefined) return undefined
  const { delayMs, restDueAt } = row
  return {
    id,
    claimed: rows.filter(isClaimed).map((row) => toClaimed(notificationId, row)),
    wakes: delayMs === null ? [] : [{ provider, delayMs }],
    rest: restDueAt === null ? undefined : { notificationId, provider, number, dueAt: restDueAt, delayMs: restMs }
  }
}

function lockSegment (sql: Sql, { provider, segment: { notificationId, number } }: SegmentRequest): Fragment {
  return sql`
    select segments.*, notifications.created_at as bound, canceled_at is not null as is_canceled, coalesce(expires_at <= now(), false) as is_late,
      extract(epoch from expires_at - now())::float8 * 1000 as expires_in_ms
    from segments join notifications on notifications.id = notification_id
    where notification_id = ${notificationId} and provider = ${provider} and number = ${number}
      and due_at <= now() + ${milliseconds(sql, maxEarlyMs)} and paused_at is null
    for update of segments skip locked`
}

/**
 * The first connections of the segment, or all of them when the notification is canceled or expired. The lateral join makes
 * PostgreSQL start the index scan at `after_id`. The provider is a separate parameter, so the planner can use its frequency.
 */
function readMembers (sql: Sql, { provider, max }: SegmentRequest): Fragment {
  return sql`
    select connection.* from segment cross join lateral (
      select * from connections
      where provider = ${provider} and user_id is not null and id > after_id and id <= last_id
        and connected_at <= bound and (disconnected_at is null or disconnected_at > bound)
      order by id limit case when is_canceled or is_late then greatest(size, ${max}::int) else ${max}::int end
    ) as connection`
}

/** The first state of each delivery, with its reason. `admit` has already checked the provider's own host. */
function decide (sql: Sql): Fragment {
  return sql`
    select member.id as connection_id, member.host, grant_id, target, ${readStreak(sql)} as streak, grants.credentials, grants.version,
      coalesce(grants.expires_at <= now(), false) as is_expired,
      case
        when is_canceled then 'canceled'
        when is_late then 'expired'
        when member.status = 'revoked' or muted is not null then 'skipped'
        when member.status = 'needsReauth' then 'parked'
        when limited_until > now() or blocked.reason is not null then 'queued'
        else 'sending' end as next_state,
      case
        when is_canceled then 'canceled'
        when is_late then 'expired'
        when member.status <> 'active' then status_reason
        when muted is not null then muted
        when blocked.reason in ('breakerOpen', 'misconfigured') then blocked.reason
        when limited_until > now() or blocked.reason is not null then 'rateLimited' end as reason,
      greatest(limited_until, blocked.until, now()) as until
    from segment cross join member join grants on grants.id = member.grant_id
    left join (${hostBlocks(sql)}) as blocked on blocked.provider = segment.provider and blocked.host = member.host and member.host <> ''`
}

function countTaken (sql: Sql): Fragment {
  return sql`
    select count(*)::int as number, (select connection_id from decided order by connection_id desc limit 1) as last_id from decided`
}

/** Stores which deliveries this claim owns, and until when. */
function insertLease (sql: Sql, id: string, { provider, segment: { notificationId }, leaseMs }: SegmentRequest): Fragment {
  return sql`
    insert into claims (id, provider, notification_ids, first_id, last_id, until)
    select ${id}::uuid, ${provider}, array[${notificationId}::uuid], segment.after_id, taken.last_id,
      now() + ${leaseMs}::int * interval '1 millisecond'
    from segment, taken where exists (select from decided where next_state = 'sending')`
}

function insertDeliveries (sql: Sql, id: string, { provider, segment: { notificationId } }: SegmentRequest): Fragment {
  const state = sql`next_state`
  const event = toEvent(sql, sql`case next_state when 'queued' then 'wait' else next_state end`, {
    reason: sql`reason`, until: forState(sql, 'due_at', state, sql`until`)
  })
  return sql`
    insert into deliveries (notification_id, connection_id, provider, state, due_at, parked_at, claim_id, reason, history)
    select ${notificationId}::uuid, connection_id, ${provider}, next_state, ${forState(sql, 'due_at', state, sql`until`)},
      ${forState(sql, 'parked_at', state, sql`now()`)}, ${forState(sql, 'claim_id', state, sql`${id}::uuid`)}, reason,
      -- a delivery that is being sent records its event when it settles
      case next_state when 'sending' then '[]' else jsonb_build_array(${event}) end
    from decided`
}

/** Whether the segment has ended, and how many of its connections are no longer queued. */
function findEnd (sql: Sql, { max }: SegmentRequest): Fragment {
  return sql`
    select is_ended, case when is_ended then size else least(size, taken) end as gone from (
      select size, taken.number as taken, taken.last_id = segment.last_id or taken.number < ${max}::int as is_ended
      from segment cross join taken
    ) as half_ended`
}

function deleteSegment (sql: Sql): Fragment {
  return sql`
    delete from segments using segment, ended
    where segments.notification_id = segment.notification_id and segments.provider = segment.provider
      and segments.number = segment.number and is_ended`
}

function shrinkSegment (sql: Sql, { restMs }: SegmentRequest): Fragment {
  return sql`
    update segments set after_id = taken.last_id, size = greatest(0, segment.size - taken.number),
      due_at = now() + ${restMs}::float8 * interval '1 millisecond'
    from segment, taken, ended
    where segments.notification_id = segment.notification_id and segments.provider = segment.provider
      and segments.number = segment.number and not is_ended
    returning segments.due_at`
}

function updateProgress (sql: Sql): Fragment {
  return sql`
    update progress set queued = progress.queued - ended.gone,
      -- all deliveries of this segment may be skipped, and then no later statement would end the broadcast
      ended_at = case when ended_at is not null then ended_at when is_planned and progress.queued = ended.gone and sending + retrying = 0 then now() end,
      -- a user who reconnected since the segment was created does not belong to the audience
      audience = audience - case when is_ended then greatest(0, segment.size - taken.number) else 0 end,
      version = version + 1
    from segment, taken, ended
    where progress.notification_id = segment.notification_id and progress.provider = segment.provider`
}

type ClaimedRow = Omit<Claimed, 'notificationId' | 'attempts' | 'probedHost'>

/** One row per delivery to send, or a single row without one. */
type SegmentRow = { restDueAt: number | null, delayMs: number | null } & (ClaimedRow | { [Field in keyof ClaimedRow]: null })

/** Written out, because to spread the rest of a row takes ten times as long. */
function toClaimed (notificationId: string, row: ClaimedRow): Claimed {
  return {
    notificationId,
    connectionId: row.connectionId,
    host: row.host,
    attempts: 0,
    expiresInMs: row.expiresInMs,
    grantId: row.grantId,
    credentials: row.credentials,
    credentialsVersion: row.credentialsVersion,
    isExpired: row.isExpired,
    target: row.target,
    streak: row.streak,
    probedHost: null
  }
}

function isClaimed (row: SegmentRow): row is SegmentRow & ClaimedRow {
  return row.connectionId !== null
}
