import { newId } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import type { Wake } from '@carillon/shared/notifications'
import type { Claimed } from './claim.ts'
import type { Outcome } from './outcome.ts'

export interface Settlement {
  delivery: Pick<Claimed, 'notificationId' | 'connectionId' | 'credentialsVersion'>
  outcome: Outcome
}

export interface Flush {
  claimId: string
  settlements: Settlement[]
  /** Whether nothing of the claim is left after it. */
  isLast: boolean
  now: number
}

/**
 * Writes outcomes in one statement: the deliveries' states, and what was learned about their connections. Only rows that
 * are still held by this claim change, so a worker that was away too long changes nothing. A user who has reconnected
 * since the claim is not asked to again, and what would be parked for him is due at once; what would wait is canceled or held
 * with its notification. Connections are locked in the order of their ids, so that batches which learn about the same ones wait
 * for each other. Doing it twice is doing it once. Answers when those that wait fall due.
 */
export async function settle ({ sql }: Database, { claimId, settlements, isLast, now }: Flush): Promise<Wake[]> {
  const column = <Value>(read: (one: Settlement) => Value): Value[] => settlements.map(read)
  const untilMs = (time: number): number => Math.max(0, time - now)
  const rows = await sql<Wake[]>`
    with outcome as (
      -- arrays: PostgreSQL reads them in a sixth of the time that it takes for JSON
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
        event_id)
    ), learned as (
      -- by version: what is learned of former credentials says nothing of those that have replaced them
      select connection_id, version, max(limited_ms) as limited_ms, bool_or(unauthorized) as unauthorized,
        max(reason) filter (where unauthorized) as reason, (array_agg(event_id) filter (where unauthorized))[1] as event_id
      from outcome where unauthorized or limited_ms is not null
      group by connection_id, version
    ), held as (
      select connections.id, version from connections
      join learned on connections.id = learned.connection_id and connections.credentials_version = learned.version
      where connections.status = 'active' order by connections.id for no key update of connections
    ), connection as (
      update connections set
        -- while somebody refreshes, the provider may have rotated already, and knows the old ones no more
        status = case when learned.unauthorized and coalesce(lease_until <= now(), true) then 'needsReauth' else status end,
        status_reason = case when learned.unauthorized and coalesce(lease_until <= now(), true) then learned.reason else status_reason end,
        limited_until = case when learned.limited_ms is null then limited_until
          else greatest(limited_until, now() + learned.limited_ms * interval '1 millisecond') end,
        updated_at = now()
      from held join learned on held.id = learned.connection_id and held.version = learned.version
      where connections.id = held.id
      returning connections.id, status, status_reason, learned.event_id
    ), noted as (
      insert into connection_events (id, connection_id, event, reason)
      select event_id, id, 'connection.needs_reauth', status_reason from connection where status = 'needsReauth'
    ), waiting as materialized (
      -- few, and looked up for each delivery
      select outcome.notification_id, outcome.connection_id,
        connections.status = 'revoked' as is_revoked, canceled_at is not null as is_canceled, paused_at is not null as is_paused,
        outcome.state = 'parked' and connections.status = 'active' and connections.credentials_version > outcome.version as is_stale
      from outcome
      join connections on connections.id = outcome.connection_id
      join notifications on notifications.id = outcome.notification_id
      where outcome.state in ('retrying', 'parked')
    ), fated as (
      select outcome.*, is_paused, is_stale,
        case when is_revoked then 'skipped' when is_canceled then 'canceled' when is_stale then 'retrying' else state end as fate,
        case when is_revoked then 'disconnected' when is_canceled then 'canceled' else reason end as why
      from outcome left join waiting using (notification_id, connection_id)
    ), claim as (
      -- before its deliveries, as whoever retakes a lost one does; one that is gone has been retaken
      select id from claims where id = ${claimId} for key share
    ), released as (
      delete from claims where id = ${claimId} and ${isLast}
    ), settled as (
      update deliveries set
        state = fate,
        attempts = deliveries.attempts + fated.attempts,
        due_at = case when fate = 'retrying' then case
          when is_paused then 'infinity' when is_stale then now() else now() + due_ms * interval '1 millisecond' end end,
        parked_at = case when fate = 'parked' then now() end,
        job_id = null,
        claim_id = null,
        reason = why,
        receipt = fated.receipt::jsonb,
        history = history || (jsonb_build_object('at', now()) || fated.event::jsonb),
        updated_at = now()
      from claim cross join fated
      where deliveries.notification_id = fated.notification_id and deliveries.connection_id = fated.connection_id
        and deliveries.claim_id = claim.id
      returning deliveries.provider, deliveries.due_at
    )
    select provider, extract(epoch from due_at - now())::float8 * 1000 as "delayMs"
    from settled where due_at < 'infinity' group by provider, due_at`
  return [...rows]
}

function toJson (value: object | null): string | null {
  return value === null ? null : JSON.stringify(value)
}
