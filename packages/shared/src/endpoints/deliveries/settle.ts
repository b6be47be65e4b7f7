import type { Database } from '../../db/index.ts'
import type { AttemptResult } from '../endpoint-client.ts'
import { retryWaitMs } from '../retry-schedule.ts'
import type { ClaimedEvent } from './claim.ts'

/** The result of sending a claimed event, and when it arrived (milliseconds since the epoch). */
export interface SentEvent {
  claimed: Pick<ClaimedEvent, 'endpointId' | 'eventId' | 'leaseId' | 'attempts'> & { event: { type: string } }
  result: AttemptResult
  at: number
}

export interface SettledEvents {
  /** In the order of the given events. */
  outcomes: EventOutcome[]
  /** When the first of these events is tried again. */
  nextAttemptAt: number | undefined
  /** The endpoints of failed requests, with the first failure since the last success (milliseconds since the epoch). */
  failing: Array<{ endpointId: string, failingSince: number }>
}

/** `failed`: it is not tried again. `released`: this process aborted the request. */
export type EventOutcome = 'succeeded' | 'failed' | 'retrying' | 'released'

/**
 * Stores results in one statement: the state of each delivery, its attempt, and whether the endpoint is failing. A delivery whose
 * lease another worker has taken over stays as it is, and its attempt is stored all the same. `random` is in [0, 1).
 */
export async function settleEvents (
  { sql }: Pick<Database, 'sql'>, sent: SentEvent[], random: () => number = Math.random
): Promise<SettledEvents> {
  const rows = sent.map((one) => toRow(one, random))
  const updated = await sql<Array<{ endpointId: string, failingSince: number | null }>>`
    with sent as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as sent ("endpointId" uuid, "eventId" uuid, "leaseId" uuid,
        "eventType" text, outcome text, at float8, "nextAt" float8, "durationMs" int, status int, error text)
    ), held as materialized (
      select sent.* from endpoint_deliveries join sent on endpoint_id = "endpointId" and event_id = "eventId" and lease_id = "leaseId"
      order by endpoint_id, event_id for update of endpoint_deliveries
    ), settled as (
      update endpoint_deliveries set lease_id = null, updated_at = now(),
        state = case when outcome in ('succeeded', 'failed') then outcome else 'pending' end,
        attempts = case outcome when 'released' then attempts else attempts + 1 end,
        next_attempt_at = to_timestamp("nextAt" / 1000)
      from held where endpoint_id = "endpointId" and event_id = "eventId"
    ), recorded as (
      insert into endpoint_attempts (id, endpoint_id, event_id, event_type, at, duration_ms, status, error)
      select new_id(), id, "eventId", "eventType", to_timestamp(at / 1000), "durationMs", status, error
      from sent join endpoints on id = "endpointId" where outcome <> 'released'
    ), latest as (
      -- A success after a failure, or at the same time, means that the endpoint works.
      select distinct on ("endpointId") "endpointId", outcome, at, concat_ws(' ', status, error) as failure
      from sent where outcome <> 'released' order by "endpointId", outcome = 'succeeded' desc, at desc
    ), locked as materialized (
      select latest.* from endpoints join latest on id = "endpointId"
      where outcome <> 'succeeded' or failing_since is not null order by id for update of endpoints
    )
    update endpoints set
      failing_since = case outcome when 'succeeded' then null else coalesce(failing_since, to_timestamp(at / 1000)) end,
      failure = case outcome when 'succeeded' then null else locked.failure end
    from locked where id = "endpointId"
    returning id as "endpointId", extract(epoch from failing_since)::float8 * 1000 as "failingSince"`
  const retries = rows.flatMap(({ nextAt }) => nextAt ?? [])
  return {
    outcomes: rows.map(({ outcome }) => outcome),
    nextAttemptAt: retries.length === 0 ? undefined : Math.min(...retries),
    failing: updated.flatMap(({ endpointId, failingSince }) => failingSince === null ? [] : [{ endpointId, failingSince }])
  }
}

function toRow ({ claimed: { event, attempts, ...key }, result, at }: SentEvent, random: () => number) {
  const { status, error, durationMs, retryAfterMs, isAborted } = result
  const waitMs = error === null || status === 410
    ? undefined
    : retryWaitMs(attempts + 1, retryAfterMs, random)
  const outcome: EventOutcome = isAborted === true
    ? 'released'
    : error === null ? 'succeeded' : waitMs === undefined ? 'failed' : 'retrying'
  const nextAt = outcome === 'released' ? at : outcome === 'retrying' ? at + (waitMs ?? 0) : null
  return { ...key, eventType: event.type, outcome, at, nextAt, durationMs, status, error }
}
