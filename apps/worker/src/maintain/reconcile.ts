import { runPatiently } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import { dispatchWaiting, enqueuePlans, enqueueSegments, groupBy, segmentJobId } from '@carillon/shared/notifications'
import type { DeliveryQueues, DueSegment } from '@carillon/shared/notifications'
import type { Log } from '@carillon/shared/log'
import type { Provider } from '@carillon/shared/providers'
import { longestWaitsMs } from '../deliver/retry-schedule.ts'

export interface ReconcileServices {
  database: Database
  queues: DeliveryQueues
  providers: ReadonlyMap<string, Provider>
  log: Log
}

/** Jobs looked at in one run; what is beyond comes in the next. */
const jobsPerRun = 2_000
const segmentsAskedAbout = 200

/**
 * The net under everything: PostgreSQL is the truth and the queue a schedule, so whatever the queue has lost, a dead worker
 * has left or a race has missed is found by its row and put right. Each step is one statement over all rows it concerns.
 */
export async function reconcile ({ database, queues, providers, log }: ReconcileServices): Promise<void> {
  const idempotent = [...providers.values()].flatMap(({ id, idempotent }) => idempotent ? [id] : [])
  const found = {
    expired: await runPatiently(database, expire),
    lost: await runPatiently(database, (own) => retakeLost(own, idempotent)),
    reunited: await runPatiently(database, followConnections),
    orphaned: await runPatiently(database, (own) => orphan(own, queues)),
    dispatched: await runPatiently(database, (own) => dispatchWaiting(own, queues)),
    segments: await runPatiently(database, (own) => requeueSegments(own, queues)),
    plans: await runPatiently(database, (own) => requeuePlans(own, queues))
  }
  if (Object.values(found).some((count) => count > 0)) log.info(found, 'reconciled')
}

async function expire ({ sql }: Database): Promise<number> {
  const { count } = await sql`
    update deliveries set state = 'expired', due_at = null, parked_at = null, job_id = null, reason = 'expired', updated_at = now(),
      history = history || jsonb_build_object('at', now(), 'event', 'expired')
    from notifications
    where notifications.id = notification_id and notifications.expires_at <= now() and (due_at is not null or parked_at is not null)`
  return count
}

/**
 * A batch that did not settle within its lease has died. What it held may have been sent: an attempt is spent, and where trying
 * again may show it twice its notification decides.
 */
async function retakeLost ({ sql }: Database, idempotent: string[]): Promise<number> {
  const { count } = await sql`
    with lost as (
      select * from claims where until < now() for update skip locked
    ), released as (
      delete from claims using lost where claims.id = lost.id
    ), fated as (
      select notification_id, connection_id, lost.id as claim_id,
        case
          when on_unknown = 'hold' and not deliveries.provider = any (${idempotent}::text[]) then 'unknown'
          when attempts >= ${longestWaitsMs.length}::int then 'failed'
          else 'retrying' end as fate
      from lost
      join deliveries on notification_id = any (lost.notification_ids) and connection_id between lost.first_id and lost.last_id
        and deliveries.claim_id = lost.id
      join notifications on notifications.id = notification_id
    )
    update deliveries set
      attempts = attempts + 1, state = fate, due_at = case fate when 'retrying' then now() end,
      job_id = null, claim_id = null, reason = 'workerLost', updated_at = now(),
      history = history || jsonb_build_object('at', now(), 'event', 'workerLost')
    from fated
    where deliveries.notification_id = fated.notification_id and deliveries.connection_id = fated.connection_id
      and deliveries.claim_id = fated.claim_id`
  return count
}

/** A delivery may have been parked in the very moment its user came back, or queued in the moment he left. */
async function followConnections ({ sql }: Database): Promise<number> {
  const { count } = await sql`
    update deliveries set
      state = case connections.status when 'active' then 'queued' else 'skipped' end,
      due_at = case connections.status when 'active' then now() end,
      parked_at = null,
      job_id = null,
      reason = case connections.status when 'active' then null else 'disconnected' end,
      updated_at = now(),
      history = history || jsonb_build_object('at', now(), 'event', case connections.status when 'active' then 'released' else 'skipped' end)
    from connections
    where connections.id = connection_id and (
      (parked_at is not null and connections.status = 'active')
      or ((due_at is not null or parked_at is not null) and connections.status = 'revoked'))`
  return count
}

/**
 * Overdue rows whose job does not wait on its queue are released for the dispatch that follows. A job may be lost, delayed by the
 * clock of another machine, or taken by a worker that never heard of it. Where a worker is about to claim them, the second job
 * finds nothing to do. The grace period is for jobs that are just being added.
 */
async function orphan ({ sql }: Database, queues: DeliveryQueues): Promise<number> {
  const overdue = await sql<Array<{ provider: string, jobIds: string[] }>>`
    select provider, array_agg(job_id) as "jobIds" from (
      select provider, job_id from deliveries
      where job_id is not null and due_at < now() - interval '3 seconds'
      group by provider, job_id order by min(due_at) limit ${jobsPerRun}
    ) as jobs
    group by provider`
  const dead = await Promise.all(overdue.map(async ({ provider, jobIds }) => {
    const waiting = await queues.deliver.get(provider)?.waiting(jobIds)
    return waiting === undefined ? [] : jobIds.filter((id) => !waiting.has(id))
  }))
  const { count } = await sql`
    update deliveries set job_id = null
    where due_at < now() - interval '3 seconds' and job_id = any (${dead.flat()}::text[])`
  return count
}

/**
 * Overdue segments that no worker holds are put on their queue again. A job that waits there stays where it is. The oldest
 * segments are checked: where their job is there and does not wait, they get another one.
 */
async function requeueSegments ({ sql }: Database, queues: DeliveryQueues): Promise<number> {
  const overdue = await sql<DueSegment[]>`
    select notification_id as "notificationId", provider, number, floor(extract(epoch from due_at) * 1000)::float8 as "dueAt", 0 as "delayMs"
    from segments join notifications on notifications.id = notification_id
    where due_at < now() - interval '3 seconds' and paused_at is null and provider = any (${[...queues.broadcast.keys()]})
    order by segments.due_at limit ${jobsPerRun} for update of segments skip locked`
  await enqueueSegments(queues, overdue)
  await enqueueSegments(queues, await makeDueAgain({ sql }, await findStuck(queues, overdue.slice(0, segmentsAskedAbout))))
  return overdue.length
}

/** Those whose job does not wait on its queue. */
async function findStuck (queues: DeliveryQueues, segments: DueSegment[]): Promise<DueSegment[]> {
  const stuck = await Promise.all([...groupBy(segments, ({ provider }) => provider)].map(async ([provider, own]) => {
    const waiting = await queues.broadcast.get(provider)?.waiting(own.map(segmentJobId)) ?? new Set()
    return own.filter((segment) => !waiting.has(segmentJobId(segment)))
  }))
  return stuck.flat()
}

/** A segment's job is named for the time at which the segment is due. */
async function makeDueAgain ({ sql }: Pick<Database, 'sql'>, segments: DueSegment[]): Promise<DueSegment[]> {
  if (segments.length === 0) return []
  return sql<DueSegment[]>`
    update segments set due_at = now()
    from unnest(${segments.map(({ notificationId }) => notificationId)}::uuid[],
      ${segments.map(({ provider }) => provider)}::text[], ${segments.map(({ number }) => number)}::int[]) as stuck (notification_id, provider, number)
    where segments.notification_id = stuck.notification_id and segments.provider = stuck.provider
      and segments.number = stuck.number and segments.due_at <= now()
    returning segments.notification_id as "notificationId", segments.provider, segments.number,
      floor(extract(epoch from segments.due_at) * 1000)::float8 as "dueAt", 0 as "delayMs"`
}

async function requeuePlans ({ sql }: Database, queues: DeliveryQueues): Promise<number> {
  const unplanned = await sql<Array<{ notificationId: string, delayMs: number }>>`
    select id as "notificationId", 0 as "delayMs" from notifications
    where planned_at is null and coalesce(send_at, created_at) < now() - interval '5 seconds' order by id limit ${jobsPerRun}`
  await enqueuePlans(queues, unplanned)
  return unplanned.length
}
