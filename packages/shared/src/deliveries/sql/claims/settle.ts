import type { Database } from '../../../db/index.ts'
import type { Wake } from '../../enqueue.ts'
import type { Outcome } from '../../outcome.ts'
import type { Claimed } from './claim.ts'
import type { Fragment, Sql } from '../fragments/fragment.ts'
import { setState } from '../fragments/set-state.ts'

export interface Settlement {
  delivery: Pick<Claimed, 'notificationId' | 'connectionId' | 'credentialsVersion'>
  outcome: Outcome
}

export interface Flush {
  claimId: string
  settlements: Settlement[]
  /** Whether these are the last outcomes of the claim. */
  isLast: boolean
  now: number
}

/**
 * Writes the outcomes of claimed deliveries, and their effects on connections, in one statement. Only rows that this claim
 * still owns change, so a worker whose lease has ended changes nothing, and settling twice equals settling once. Returns when
 * the waiting deliveries are due.
 */
export async function settle ({ sql }: Database, { claimId, settlements, isLast, now }: Flush): Promise<Wake[]> {
  const rows = await sql<Wake[]>`
    with outcome as (${readOutcomes(sql, settlements, now)}),
    learned as (${groupByConnection(sql)}),
    held as (${lockGrants(sql)}),
    refused as (${markGrants(sql)}),
    affected as (${lockConnections(sql)}),
    connection as (${updateConnections(sql)}),
    logged as (${insertConnectionEvents(sql)}),
    changed as materialized (${findChanges(sql)}),
    decided as (${decide(sql)}),
    claim as (${lockClaim(sql, claimId)}),
    ended as (delete from claims where id = ${claimId} and ${isLast}),
    settled as (${updateDeliveries(sql)})
    select provider, extract(epoch from due_at - now())::float8 * 1000 as "delayMs"
    from settled where due_at < 'infinity' group by provider, due_at`
  return [...rows]
}

/** The outcomes as rows. PostgreSQL parses arrays six times as fast as JSON. */
function readOutcomes (sql: Sql, settlements: Settlement[], now: number): Fragment {
  const column = <Value>(read: (one: Settlement) => Value): Value[] => settlements.map(read)
  const untilMs = (time: number): number => Math.max(0, time - now)
  return sql`
    select * from unnest(${column(({ delivery }) => delivery.notificationId)}::uuid[],
      ${column(({ delivery }) => delivery.connectionId)}::uuid[], ${column(({ delivery }) => delivery.credentialsVersion)}::int[],
      ${column(({ outcome }) => outcome.state)}::text[], ${column(({ outcome }) => outcome.attempted ? 1 : 0)}::int[],
      ${column(({ outcome }) => outcome.reason)}::text[], ${column(({ outcome }) => toJson(outcome.receipt))}::text[],
      ${column(({ outcome: { state, dueAt } }) => state === 'retrying' || state === 'unknown' ? untilMs(dueAt ?? now) : null)}::float8[],
      ${column(({ outcome }) => outcome.limitedUntil === null ? null : untilMs(outcome.limitedUntil))}::float8[],
      ${column(({ outcome }) => outcome.refusal?.status ?? null)}::text[],
      ${column(({ outcome }) => outcome.refusal?.status === 'needsReauth' ? outcome.refusal.missing?.join(' ') ?? null : null)}::text[],
      ${column(({ outcome }) => outcome.streak)}::text[], ${column(({ outcome }) => outcome.endsStreak ? 1 : 0)}::int[],
      ${column(({ outcome }) => toJson(outcome.event))}::text[]
    ) as outcome (notification_id, connection_id, version, state, attempts, reason, receipt, due_ms, limited_ms, refusal, missing, streak,
      ends_streak, event)`
}

/** The effects on connections, by version: a response to old credentials does not affect newer ones. */
function groupByConnection (sql: Sql): Fragment {
  return sql`
    select connection_id, version, max(limited_ms) as limited_ms, max(refusal) as refusal,
      max(reason) filter (where refusal is not null) as reason, max(missing) as missing,
      bool_or(ends_streak = 1) as ends_streak, max(rule) as streak, count(*) filter (where streak = rule)::int as failures
    from (
      -- A batch may contain failures of several rules, and the count of one does not include the others.
      select *, max(streak) over (partition by connection_id, version) as rule from outcome
      where refusal is not null or limited_ms is not null or streak is not null or ends_streak = 1
    ) as effects
    group by connection_id, version`
}

/** Locks grants before connections, both in the order of their ids, so batches that update the same rows do not deadlock. */
function lockGrants (sql: Sql): Fragment {
  return sql`
    select grants.id, grants.key, coalesce(lease_until <= now(), true) as is_free, learned.*
    from learned join connections on connections.id = learned.connection_id
    join grants on grants.id = connections.grant_id and grants.version = learned.version
    where connections.status = 'active' order by grants.id for no key update of grants`
}

/**
 * Marks grants whose credentials the provider refused, and erases a grant that no other connection can use. During a refresh by
 * another process, the provider may already have rotated the credentials. A refusal then proves nothing.
 */
function markGrants (sql: Sql): Fragment {
  return sql`
    update grants set
      status = held.refusal,
      credentials = case held.refusal when 'revoked' then null else credentials end,
      version = grants.version + case held.refusal when 'revoked' then 1 else 0 end,
      expires_at = case held.refusal when 'revoked' then null else expires_at end,
      lease_owner = null, lease_until = null, updated_at = now()
    from held
    where grants.id = held.id and grants.status = 'active'
      and (held.refusal = 'needsReauth' and is_free or held.refusal = 'revoked' and held.key is null)
    returning grants.id, grants.status, held.reason, held.missing`
}

/** The connections that change: those of refused grants, and those with a limit, a streak or an address that is gone. */
function lockConnections (sql: Sql): Fragment {
  return sql`
    select connections.id, held.limited_ms, held.ends_streak, held.streak, held.failures,
      case when held.refusal = 'revoked' then 'revoked' when refused.status = 'needsReauth' then 'needsReauth' end as next_status,
      coalesce(case when held.refusal = 'revoked' then held.reason end, refused.reason) as reason, refused.missing
    from (
      select connection_id from held
      union select connections.id from refused join connections on connections.grant_id = refused.id
    ) as touched
    join connections on connections.id = touched.connection_id
    left join held on held.connection_id = connections.id
    left join refused on refused.id = connections.grant_id
    where connections.status = 'active' order by connections.id for no key update of connections`
}

function updateConnections (sql: Sql): Fragment {
  return sql`
    update connections set
      status = coalesce(next_status, status),
      status_reason = case when next_status is null then status_reason else affected.reason end,
      disconnected_at = case next_status when 'revoked' then now() else disconnected_at end,
      target = case next_status when 'revoked' then null else target end,
      missing_permissions = case when affected.missing is null then missing_permissions else string_to_array(affected.missing, ' ') end,
      limited_until = case when affected.limited_ms is null then limited_until
        else greatest(limited_until, now() + affected.limited_ms * interval '1 millisecond') end,
      failure_streak = case
        when affected.next_status is not null or affected.ends_streak then null
        when affected.streak is null then failure_streak
        when failure_streak->>'rule' = affected.streak
          then failure_streak || jsonb_build_object('times', (failure_streak->>'times')::int + affected.failures)
        else jsonb_build_object('rule', affected.streak, 'times', affected.failures, 'since', now()) end,
      updated_at = now()
    from affected
    where connections.id = affected.id
    returning connections.id, next_status, affected.reason`
}

function insertConnectionEvents (sql: Sql): Fragment {
  return sql`
    insert into connection_events (id, connection_id, event, reason)
    select new_id(), id, case next_status when 'revoked' then 'connection.disconnected' else 'connection.needs_reauth' end, reason
    from connection where next_status is not null`
}

/**
 * Changes since the claim that affect waiting deliveries. `is_stale`: the user has reconnected, so the refused credentials are
 * old. Materialized, because the result has few rows and is joined to each delivery.
 */
function findChanges (sql: Sql): Fragment {
  return sql`
    select outcome.notification_id, outcome.connection_id,
      connections.status = 'revoked' as is_revoked, canceled_at is not null as is_canceled, paused_at is not null as is_paused,
      outcome.state = 'unknown' and on_unknown = 'hold' as is_held,
      outcome.state = 'parked' and connections.status = 'active' and grants.version > outcome.version as is_stale
    from outcome
    join connections on connections.id = outcome.connection_id
    join grants on grants.id = connections.grant_id
    join notifications on notifications.id = outcome.notification_id
    where outcome.state in ('retrying', 'parked', 'unknown')`
}

function decide (sql: Sql): Fragment {
  return sql`
    select notification_id, connection_id, attempts, receipt, due_ms, event, is_paused, is_stale,
      case when is_held then 'unknown' when is_revoked then 'skipped' when is_canceled then 'canceled'
        when is_stale or state = 'unknown' then 'retrying' else state end as next_state,
      case when is_held then reason when is_revoked then 'disconnected' when is_canceled then 'canceled' else reason end as reason
    from outcome left join changed using (notification_id, connection_id)`
}

/** Locks the claim before its deliveries, in the order of `reclaimLost`. A claim without a row was reclaimed. */
function lockClaim (sql: Sql, claimId: string): Fragment {
  return sql`select id from claims where id = ${claimId} for key share`
}

function updateDeliveries (sql: Sql): Fragment {
  return sql`
    update deliveries
    set attempts = deliveries.attempts + decided.attempts, ${setState(sql, {
      by: 'settle',
      to: sql`next_state`,
      dueAt: sql`case when is_paused then 'infinity' when is_stale then now() else now() + due_ms * interval '1 millisecond' end`,
      receipt: sql`decided.receipt::jsonb`,
      reason: sql`decided.reason`,
      history: sql`history || (jsonb_build_object('at', now()) || decided.event::jsonb)`
    })}
    from claim cross join decided
    where deliveries.notification_id = decided.notification_id and deliveries.connection_id = decided.connection_id
      and deliveries.claim_id = claim.id
    returning deliveries.provider, deliveries.due_at`
}

function toJson (value: object | null): string | null {
  return value === null ? null : JSON.stringify(value)
}
