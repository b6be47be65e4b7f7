import type { Database } from '@carillon/shared/db'
import type { Dispatched } from '@carillon/shared/notifications'
import type { Claimed } from './claim.ts'
import type { Outcome } from './outcome.ts'

export interface Settlement {
  delivery: Claimed
  outcome: Outcome
}

/** Deliveries that wait for another try: those with a job to enqueue, and how many are due at once and have none yet. */
export interface Settled {
  dispatched: Dispatched[]
  jobless: number
}

/**
 * Writes outcomes in one statement: the deliveries' states, and what was learned about their connections. Only rows that
 * are still held by this claim change, so a worker that was away too long changes nothing. A user who has reconnected
 * since the claim is not asked to again, and what would be parked for him is due at once. Doing it
 * twice is doing it once.
 */
export async function settle (
  { sql }: Database, claimId: string, settlements: Settlement[], now: number
): Promise<Settled> {
  const rows = await sql<Array<Omit<Dispatched, 'jobId'> & { jobId: string | null, state: string }>>`
    with outcome as (
      select * from jsonb_to_recordset(${JSON.stringify(settlements.map((one) => toRecord(claimId, one, now)))}::jsonb) as outcome (
        notification_id uuid, connection_id uuid, version int, state text, attempts int, reason text, receipt jsonb, due_ms float8,
        job_id text, limited_ms float8, unauthorized boolean, event jsonb)
    ), learned as (
      select connection_id, max(version) as version, max(limited_ms) as limited_ms, bool_or(unauthorized) as unauthorized,
        max(reason) filter (where unauthorized) as reason
      from outcome where unauthorized or limited_ms is not null
      group by connection_id
    ), connection as (
      update connections set
        status = case when learned.unauthorized then 'needsReauth' else status end,
        status_reason = case when learned.unauthorized then learned.reason else status_reason end,
        limited_until = case when learned.limited_ms is null then limited_until
          else greatest(limited_until, now() + learned.limited_ms * interval '1 millisecond') end,
        updated_at = now()
      from learned
      where connections.id = learned.connection_id and connections.credentials_version = learned.version
        and connections.status = 'active'
    ), settled as (
      select outcome.*, connections.status as connection_status,
        outcome.state = 'parked' and connections.status = 'active' and connections.credentials_version > outcome.version as is_stale
      from outcome join connections on connections.id = outcome.connection_id
    )
    update deliveries set
      state = case
        when is_stale then 'retrying'
        when settled.state in ('retrying', 'parked') and connection_status = 'revoked' then 'skipped'
        else settled.state end,
      attempts = deliveries.attempts + settled.attempts,
      due_at = case
        when is_stale then now()
        when settled.state = 'retrying' and connection_status <> 'revoked' then now() + settled.due_ms * interval '1 millisecond' end,
      job_id = case when settled.state = 'retrying' and connection_status <> 'revoked' then settled.job_id end,
      claim_id = null,
      claimed_until = null,
      reason = case
        when settled.state in ('retrying', 'parked') and connection_status = 'revoked' then 'disconnected'
        else settled.reason end,
      receipt = settled.receipt,
      history = history || (jsonb_build_object('at', now()) || settled.event),
      updated_at = now()
    from settled
    where deliveries.notification_id = settled.notification_id and deliveries.connection_id = settled.connection_id
      and deliveries.claim_id = ${claimId}
    returning deliveries.state, deliveries.job_id as "jobId", provider, deliveries.notification_id as "notificationId",
      deliveries.connection_id as "connectionId", coalesce(settled.due_ms, 0) as "delayMs"`
  const waiting = rows.filter(({ state }) => state === 'retrying')
  const dispatched = waiting.flatMap(({ jobId, ...row }) => jobId === null ? [] : [{ jobId, ...row }])
  return { dispatched, jobless: waiting.length - dispatched.length }
}

/** Retries of one second share a job; a hand-back has none yet and is dispatched with everything else that waits. */
function toRecord (claimId: string, { delivery, outcome }: Settlement, now: number): object {
  const { state, reason, receipt, unauthorized, event, dueAt, limitedUntil } = outcome
  return {
    notification_id: delivery.notificationId,
    connection_id: delivery.connectionId,
    version: delivery.credentialsVersion,
    state,
    attempts: outcome.attempted ? 1 : 0,
    reason,
    receipt,
    due_ms: state === 'retrying' ? Math.max(0, (dueAt ?? now) - now) : null,
    job_id: dueAt === null ? null : `${claimId}-${dueAt}`,
    limited_ms: limitedUntil === null ? null : Math.max(0, limitedUntil - now),
    unauthorized,
    event
  }
}
