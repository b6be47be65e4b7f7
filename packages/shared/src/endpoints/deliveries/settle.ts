import type { Database } from '../../db/index.ts'
import type { AttemptResult } from '../endpoint-client.ts'
import { retryWaitMs } from '../retry-schedule.ts'
import type { ClaimedEvent } from './claim.ts'

/** The result of sending a claimed event, and when it arrived (milliseconds since the epoch). */
export interface SentEvent {
  claimed: Pick<ClaimedEvent, 'endpointId' | 'eventId' | 'leaseId' | 'attempts' | 'url'> & { event: { type: string } }
  result: AttemptResult
  at: number
}

export interface SettledEvents {
  /** In the order of the given events. */
  outcomes: EventOutcome[]
  /** When the first of these events is tried again. */
  nextAttemptAt: number | undefined
  /** The endpoints of failed requests. */
  failing: FailingEndpoint[]
}

interface FailingEndpoint {
  endpointId: string
  url: string
  /** The first failure since the last success (milliseconds since the epoch). */
  failingSince: number
  /** It responded with 410: it wants no more events. */
  isGone: boolean
}

/** `failed`: it is not tried again. `released`: this process aborted the request. */
export type EventOutcome = 'succeeded' | 'failed' | 'retrying' | 'released'

/**
 * Stores results in one statement: the state of each delivery, its attempt, and whether the endpoint is failing. A delivery whose
 * lease another worker has taken over stays as it is, and its attempt is stored all the same. The result of an earlier URL says
 * nothing about the endpoint. `random` is in [0, 1).
 */
export async function settleEvents (
  { sql }: Pick<Database, 'sql'>, sent: SentEvent[], random: () => number = Math.random
): Promise<SettledEvents> {
  const rows = sent.map((one) => toRow(one, random))
  const updated = await sql<Array<Omit<FailingEndpoint, 'failingSince'> & { failingSince: number | null }>>`
    with sent as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as sent ("endpointId" uuid, "eventId" uuid, "leaseId" uuid,
        url text, "eventType" text, outcome text, at float8, "nextAt" float8, "durationMs" int, status int, error text)
    ), known as materialized (
      -- All endpoints are locked before their deliveries, in the order of their ids, as those that disable or delete them do.
      select id from endpoints where id = any (array(select "endpointId" from sent)) order by id for key share
    ), locked as materialized (
      select id, url from endpoints where id = any (array(select id from known)) and (
        failing_since is not null or id = any (array(select "endpointId" from sent where outcome in ('failed', 'gone', 'retrying')))
      ) order by id for no key update
    ), held as materialized (
      select "endpointId", "eventId", outcome, at, status, error, locked.url = sent.url as "isCurrent",
        case when outcome <> 'gone' or locked.url <> sent.url then "nextAt" end as "nextAt"
      from endpoint_deliveries
      join sent on endpoint_id = "endpointId" and event_id = "eventId" and lease_id = "leaseId"
      left join locked on id = endpoint_id
      -- The counting reads every row of \`locked\`, so that it locks them all first.
      where (select count(*) from locked) >= 0
      order by endpoint_id, event_id for update of endpoint_deliveries
    ), settled as (
      update endpoint_deliveries set lease_id = null, updated_at = now(),
        state = case when outcome = 'succeeded' then 'succeeded' when "nextAt" is null then 'failed' else 'pending' end,
        attempts = case outcome when 'released' then attempts else attempts + 1 end,
        next_attempt_at = to_timestamp("nextAt" / 1000)
      from held where endpoint_id = "endpointId" and event_id = "eventId"
    ), recorded as (
      insert into endpoint_attempts (id, endpoint_id, event_id, event_type, at, duration_ms, status, error)
      select new_id(), id, "eventId", "eventType", to_timestamp(at / 1000), "durationMs", status, error
      from sent join known on id = "endpointId" where outcome <> 'released'
    ), latest as (
      -- A success after a failure, or at the same time, means that the endpoint works.
      select distinct on ("endpointId") "endpointId", outcome, at, concat_ws(' ', status, error) as failure
      from held where outcome <> 'released' and "isCurrent" order by "endpointId", outcome = 'succeeded' desc, at desc
    )
    update endpoints set
      failing_since = case outcome when 'succeeded' then null else coalesce(failing_since, to_timestamp(at / 1000)) end,
      failure = case outcome when 'succeeded' then null else latest.failure end
    from latest where id = "endpointId" and (outcome <> 'succeeded' or failing_since is not null)
    returning id as "endpointId", url, extract(epoch from failing_since)::float8 * 1000 as "failingSince",
      id in (select "endpointId" from held where outcome = 'gone' and "isCurrent") as "isGone"`
  const retries = rows.flatMap(({ nextAt }) => nextAt ?? [])
  return {
    outcomes: rows.map(({ outcome }) => outcome === 'gone' ? 'failed' : outcome),
    nextAttemptAt: retries.length === 0 ? undefined : Math.min(...retries),
    failing: updated.flatMap(({ failingSince, ...endpoint }) => failingSince === null ? [] : [{ ...endpoint, failingSince }])
  }
}

function toRow ({ claimed, result, at }: SentEvent, random: () => number) {
  const { event, attempts, endpointId, eventId, leaseId, url } = claimed
  const { status, error, durationMs, retryAfterMs, isAborted } = result
  const waitMs = error === null ? undefined : retryWaitMs(attempts + 1, retryAfterMs, random)
  const outcome = readOutcome(result, waitMs)
  const nextAt = isAborted === true ? at : waitMs === undefined ? null : at + waitMs
  return { endpointId, eventId, leaseId, url, eventType: event.type, outcome, at, nextAt, durationMs, status, error }
}

function readOutcome ({ status, error, isAborted }: AttemptResult, waitMs: number | undefined): EventOutcome | 'gone' {
  if (isAborted === true) return 'released'
  if (error === null) return 'succeeded'
  if (status === 410) return 'gone'
  return waitMs === undefined ? 'failed' : 'retrying'
}
