import { retryWithLongTimeout } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import {
  clearJobs, dispatchWaiting, enqueuePlans, enqueueSegments, expireWaiting, followConnections, groupBy, listOverdueJobs,
  reclaimLost, segmentJobId
} from '@carillon/shared/deliveries'
import type { DeliveryQueues, DueSegment } from '@carillon/shared/deliveries'
import type { Log } from '@carillon/shared/log'
import type { WorkerMetrics } from '@carillon/shared/metrics'
import type { Provider } from '@carillon/shared/providers'

export interface ReconcileServices {
  database: Database
  queues: DeliveryQueues
  providers: ReadonlyMap<string, Provider>
  metrics: Pick<WorkerMetrics, 'countReconciled'>
  log: Log
}

/** The maximum of rows in one run. The next run continues. */
const jobsPerRun = 2_000
const maxCheckedSegments = 200

/**
 * Finds rows that no job handles: the queue lost the job, a worker crashed, or two processes raced. PostgreSQL is the source of
 * truth, and the queue is a schedule. Each step is one statement for all rows.
 */
export async function reconcile ({ database, queues, providers, metrics, log }: ReconcileServices): Promise<void> {
  const idempotent = [...providers.values()].flatMap(({ id, idempotent }) => idempotent ? [id] : [])
  const found = {
    expired: await retryWithLongTimeout(database, expireWaiting),
    lost: await retryWithLongTimeout(database, (own) => reclaimLost(own, idempotent)),
    reunited: await retryWithLongTimeout(database, followConnections),
    orphaned: await retryWithLongTimeout(database, (own) => clearLostJobs(own, queues)),
    dispatched: await retryWithLongTimeout(database, (own) => dispatchWaiting(own, queues)),
    segments: await retryWithLongTimeout(database, (own) => requeueSegments(own, queues)),
    plans: await retryWithLongTimeout(database, (own) => requeuePlans(own, queues))
  }
  metrics.countReconciled(found)
  if (Object.values(found).some((count) => count > 0)) log.info(found, 'reconciled')
}

/**
 * Removes the jobs of overdue deliveries that do not wait on their queue, so that dispatching assigns new ones. A job may be
 * lost, delayed by the clock of another machine, or taken by a worker that never got the response. If a worker is about to claim
 * the deliveries, the second job finds nothing to do.
 */
async function clearLostJobs (database: Database, queues: DeliveryQueues): Promise<number> {
  const overdue = await listOverdueJobs(database, jobsPerRun)
  const lost = await Promise.all(overdue.map(async ({ provider, jobIds }) => {
    const waiting = await queues.deliver.get(provider)?.waiting(jobIds)
    return waiting === undefined ? [] : jobIds.filter((id) => !waiting.has(id))
  }))
  return clearJobs(database, lost.flat())
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
  await enqueueSegments(queues, await makeDueAgain({ sql }, await findStuck(queues, overdue.slice(0, maxCheckedSegments))))
  return overdue.length
}

/** Returns the segments whose job does not wait on its queue. */
async function findStuck (queues: DeliveryQueues, segments: DueSegment[]): Promise<DueSegment[]> {
  const stuck = await Promise.all([...groupBy(segments, ({ provider }) => provider)].map(async ([provider, own]) => {
    const waiting = await queues.broadcast.get(provider)?.waiting(own.map(segmentJobId)) ?? new Set()
    return own.filter((segment) => !waiting.has(segmentJobId(segment)))
  }))
  return stuck.flat()
}

/** Changes the due time, because the id of a segment's job contains it and the queue ignores an id that it has. */
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
