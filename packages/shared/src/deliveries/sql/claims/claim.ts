import { newId } from '../../../db/index.ts'
import type { Database } from '../../../db/index.ts'
import { beginProbes, hostBlocks } from '../../../throttling/index.ts'
import { maxEarlyMs } from '../../clock-skew.ts'
import type { DeliveryKey } from '../../delivery-queues.ts'
import type { Wake } from '../../enqueue.ts'
import type { FailureStreak } from '../../failure-streak.ts'
import type { Fragment, Sql } from '../fragments/fragment.ts'
import { logEvent } from '../fragments/log-event.ts'
import { milliseconds } from '../fragments/milliseconds.ts'
import { readStreak } from '../fragments/read-streak.ts'
import { setState } from '../fragments/set-state.ts'

/** A delivery that this claim may send until its lease ends. */
export interface Claimed {
  notificationId: string
  connectionId: string
  /** The host of the account, where users choose one. Empty for the provider's own host. */
  host: string
  /** Attempts so far. */
  attempts: number
  /** Milliseconds from the claim until the notification expires. Null when it does not expire. */
  expiresInMs: number | null
  grantId: string
  /** Sealed. */
  credentials: string
  credentialsVersion: number
  /** The credentials' expiry has passed. */
  isExpired: boolean
  /** Sealed. Null when the grant has no other connection. */
  target: string | null
  streak: FailureStreak | null
  /** The host whose breaker admits this one delivery as a probe. Null for an ordinary delivery. */
  probedHost: string | null
}

export interface Claim {
  id: string
  claimed: Claimed[]
  /** When the deliveries that must wait are due. */
  wakes: Wake[]
  /** Those that are not due any more, or whose rows another process had locked. */
  missed: DeliveryKey[]
}

/**
 * Claims those of `keys` that are due, in one statement. Deliveries that must not be sent become canceled, expired, skipped or
 * parked at once. They stay waiting when the notification is paused or a limit applies. Rows that another process has locked
 * are left out.
 */
export async function claim (
  { sql }: Database, provider: string, keys: DeliveryKey[], leaseMs: number, id = newId()
): Promise<Claim> {
  const rows = await sql<ClaimRow[]>`
    with wanted as (${wantedKeys(sql, keys)}),
    probed as (${beginProbes(sql, provider, sql`select host from wanted join connections on connections.id = connection_id`)}),
    due as (${lockDue(sql)}),
    checked as (${checkHosts(sql, provider)}),
    decided as (${decide(sql)}),
    lease as (${insertLease(sql, { id, provider, leaseMs })})
    update deliveries
    set ${setState(sql, {
      by: 'claim',
      to: sql`next_state`,
      dueAt: sql`until`,
      claimId: sql`${id}::uuid`,
      jobId: sql`case next_state when 'sending' then job_id end`,
      reason: sql`case next_state when 'sending' then deliveries.reason else decided.reason end`,
      history: nextHistory(sql)
    })}
    from decided
    where deliveries.notification_id = decided.notification_id and deliveries.connection_id = decided.connection_id
    returning decision, deliveries.notification_id as "notificationId", deliveries.connection_id as "connectionId", host, attempts,
      grant_id as "grantId", credentials, version as "credentialsVersion", is_expired as "isExpired", target, streak,
      case when is_probe then host end as "probedHost", expires_in_ms as "expiresInMs",
      case decision when 'limited' then extract(epoch from until - now()) * 1000 end::float8 as "delayMs"`
  return {
    id,
    claimed: rows.filter(isClaimed),
    wakes: rows.flatMap(({ delayMs }) => delayMs === null ? [] : [{ provider, delayMs }]),
    missed: findMissed(keys, rows)
  }
}

function findMissed (keys: DeliveryKey[], rows: ClaimRow[]): DeliveryKey[] {
  if (rows.length === keys.length) return []
  const found = new Set(rows.map(({ notificationId, connectionId }) => `${notificationId} ${connectionId}`))
  return keys.filter((key) => !found.has(key.join(' ')))
}

function wantedKeys (sql: Sql, keys: DeliveryKey[]): Fragment {
  return sql`
    select * from unnest(${keys.map(([notification]) => notification)}::uuid[], ${keys.map(([, connection]) => connection)}::uuid[])
      as wanted (notification_id, connection_id)`
}

/** Locks the due rows, and decides each by its notification and connection. */
function lockDue (sql: Sql): Fragment {
  return sql`
    select deliveries.notification_id, deliveries.connection_id, deliveries.state, connections.host, connections.grant_id, connections.target,
      ${readStreak(sql)} as streak, grants.credentials, grants.version, coalesce(grants.expires_at <= now(), false) as is_expired,
      case when connections.status = 'active' then muted else status_reason end as status_reason, connections.limited_until, extract(epoch from notifications.expires_at - now())::float8 * 1000 as expires_in_ms,
      case
        when notifications.canceled_at is not null then 'canceled'
        when notifications.expires_at <= now() then 'expired'
        when connections.status = 'revoked' or muted is not null then 'skipped'
        when notifications.paused_at is not null then 'paused'
        when connections.status = 'needsReauth' then 'parked'
        when connections.limited_until > now() then 'limited'
        else 'sending' end as decision
    from wanted
    join deliveries using (notification_id, connection_id)
    join notifications on notifications.id = deliveries.notification_id
    join connections on connections.id = deliveries.connection_id
    join grants on grants.id = connections.grant_id
    where deliveries.due_at <= now() + ${milliseconds(sql, maxEarlyMs)}
    for update of deliveries skip locked`
}

/** Adds what blocks the host of each row. For a host that needs a probe, the first row is the probe. */
function checkHosts (sql: Sql, provider: string): Fragment {
  return sql`
    select due.*, probed.host is not null as is_probe,
      row_number() over (partition by due.host, decision order by notification_id) as position,
      blocked.reason as host_reason,
      -- a running probe ends soon, so the other rows wait one second
      greatest(blocked.until, now() + interval '1 second') as host_until
    from due
    left join probed on probed.host = due.host
    left join (${hostBlocks(sql)}) as blocked on blocked.provider = ${provider} and blocked.host = due.host and due.host <> ''`
}

/** The decision about each row with its reason, and the state that follows. `limited` and `paused` rows keep their state. */
function decide (sql: Sql): Fragment {
  return sql`
    select *, case when decision in ('limited', 'paused') then state else decision end as next_state
    from (
      select notification_id, connection_id, state, host, grant_id, target, streak, credentials, version, is_expired, is_probe, expires_in_ms,
        case when decision = 'sending' and host_reason is not null and not (is_probe and position = 1) then 'limited' else decision end as decision,
        case decision when 'limited' then limited_until when 'sending' then host_until when 'paused' then 'infinity' end as until,
        case decision
          when 'canceled' then 'canceled' when 'expired' then 'expired' when 'paused' then 'paused' when 'limited' then 'rateLimited'
          when 'sending' then host_reason else status_reason end as reason
      from checked
    ) as decided`
}

/** Stores which deliveries this claim owns, and until when. */
function insertLease (sql: Sql, { id, provider, leaseMs }: { id: string, provider: string, leaseMs: number }): Fragment {
  return sql`
    insert into claims (id, provider, notification_ids, first_id, last_id, until)
    select ${id}::uuid, ${provider}, array_agg(distinct notification_id), (array_agg(connection_id order by connection_id))[1],
      (array_agg(connection_id order by connection_id desc))[1], now() + ${leaseMs}::int * interval '1 millisecond'
    from decided where decision = 'sending' having count(*) > 0`
}

/**
 * A delivery that is being sent records its event when it settles. A row that already waits for the same limit records nothing.
 */
function nextHistory (sql: Sql): Fragment {
  return sql`case
      when decision = 'sending' then history
      when decision = 'limited' and deliveries.reason = decided.reason and until <= deliveries.due_at + interval '1 second' then history
      else ${logEvent(sql, sql`case decision when 'limited' then 'wait' else decision end`, {
        reason: sql`decided.reason`, until: sql`case decision when 'limited' then until end`
      })} end`
}

interface ClaimRow extends Omit<Claimed, 'credentials'> {
  decision: 'canceled' | 'expired' | 'skipped' | 'parked' | 'paused' | 'limited' | 'sending'
  credentials: string | null
  delayMs: number | null
}

function isClaimed (row: ClaimRow): row is ClaimRow & Claimed {
  return row.decision === 'sending' && row.credentials !== null
}
