import { newId } from '../../db/index.ts'
import type { Database } from '../../db/index.ts'
import type { Wake } from '../enqueue.ts'
import type { Outcome } from '../outcome.ts'
import type { Claimed } from './claim.ts'
import type { Fragment, Sql } from './fragments/fragment.ts'
import { setState } from './fragments/set-state.ts'

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
    locked as (${lockConnections(sql)}),
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
      ${column(({ outcome }) => outcome.state === 'retrying' ? untilMs(outcome.dueAt ?? now) : null)}::float8[],
      ${column(({ outcome }) => outcome.limitedUntil === null ? null : untilMs(outcome.limitedUntil))}::float8[],
      ${column(({ outcome }) => String(outcome.unauthorized))}::text[]::boolean[],
      ${column(({ outcome }) => toJson(outcome.event))}::text[],
      ${column(({ outcome }) => outcome.unauthorized ? newId() : null)}::uuid[]
    ) as outcome (notification_id, connection_id, version, state, attempts, reason, receipt, due_ms, limited_ms, unauthorized, event,
      event_id)`
}

/** The effects on connections, by version: a response to old credentials does not affect newer ones. */
function groupByConnection (sql: Sql): Fragment {
  return sql`
    select connection_id, version, max(limited_ms) as limited_ms, bool_or(unauthorized) as unauthorized,
      max(reason) filter (where unauthorized) as reason, (array_agg(event_id) filter (where unauthorized))[1] as event_id
    from outcome where unauthorized or limited_ms is not null
    group by connection_id, version`
}

/** Locks connections in the order of their ids, so batches that update the same connections do not deadlock. */
function lockConnections (sql: Sql): Fragment {
  return sql`
    select connections.id, version from connections
    join learned on connections.id = learned.connection_id and connections.credentials_version = learned.version
    where connections.status = 'active' order by connections.id for no key update of connections`
}

/**
 * During a refresh by another process, the provider may already have rotated the credentials. A refusal then proves nothing.
 */
function updateConnections (sql: Sql): Fragment {
  return sql`
    update connections set
      status = case when learned.unauthorized and coalesce(lease_until <= now(), true) then 'needsReauth' else status end,
      status_reason = case when learned.unauthorized and coalesce(lease_until <= now(), true) then learned.reason else status_reason end,
      limited_until = case when learned.limited_ms is null then limited_until
        else greatest(limited_until, now() + learned.limited_ms * interval '1 millisecond') end,
      updated_at = now()
    from locked join learned on locked.id = learned.connection_id and locked.version = learned.version
    where connections.id = locked.id
    returning connections.id, status, status_reason, learned.event_id`
}

function insertConnectionEvents (sql: Sql): Fragment {
  return sql`
    insert into connection_events (id, connection_id, event, reason)
    select event_id, id, 'connection.needs_reauth', status_reason from connection where status = 'needsReauth'`
}

/**
 * Changes since the claim that affect waiting deliveries. `is_stale`: the user has reconnected, so the refused credentials are
 * old. Materialized, because the result has few rows and is joined to each delivery.
 */
function findChanges (sql: Sql): Fragment {
  return sql`
    select outcome.notification_id, outcome.connection_id,
      connections.status = 'revoked' as is_revoked, canceled_at is not null as is_canceled, paused_at is not null as is_paused,
      outcome.state = 'parked' and connections.status = 'active' and connections.credentials_version > outcome.version as is_stale
    from outcome
    join connections on connections.id = outcome.connection_id
    join notifications on notifications.id = outcome.notification_id
    where outcome.state in ('retrying', 'parked')`
}

function decide (sql: Sql): Fragment {
  return sql`
    select notification_id, connection_id, attempts, receipt, due_ms, event, is_paused, is_stale,
      case when is_revoked then 'skipped' when is_canceled then 'canceled' when is_stale then 'retrying' else state end as next_state,
      case when is_revoked then 'disconnected' when is_canceled then 'canceled' else reason end as reason
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
