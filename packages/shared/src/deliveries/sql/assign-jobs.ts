import { newId } from '../../db/index.ts'
import type { Database } from '../../db/index.ts'
import { maxClockSkewMs } from '../clock-skew.ts'
import { deliveriesPerJob } from '../delivery-queues.ts'
import type { Batch } from '../enqueue.ts'
import { milliseconds } from './fragments/milliseconds.ts'

interface AssignedRow {
  jobId: string
  provider: string
  notificationId: string
  connectionId: string
  delayMs: number
}

/**
 * Assigns jobs to up to `limit` deliveries that are due and have none: full batches, the oldest notification first. The update is
 * not a part of a `with` query, because there it crashes PostgreSQL 18.4 when another transaction changes the same rows.
 */
export async function assignJobs ({ sql }: Database, providers: string[], limit: number): Promise<Batch[]> {
  const rows = await sql<AssignedRow[]>`
    with waiting as (
      select notification_id, connection_id, provider from deliveries
      where provider = any (${providers}) and due_at <= now() + ${milliseconds(sql, maxClockSkewMs)} and job_id is null
      order by notification_id, connection_id limit ${limit}
      for update skip locked
    ), numbered as (
      select *, ${newId()}::text || '-' || provider || '-' ||
        (row_number() over (partition by provider order by notification_id, connection_id) - 1) / ${deliveriesPerJob}::int as job_id
      from waiting
    )
    update deliveries set job_id = numbered.job_id
    from numbered
    where deliveries.notification_id = numbered.notification_id and deliveries.connection_id = numbered.connection_id
    returning deliveries.job_id as "jobId", deliveries.provider, deliveries.notification_id as "notificationId",
      deliveries.connection_id as "connectionId", greatest(0, extract(epoch from due_at - now()))::float8 * 1000 as "delayMs"`
  const batches = new Map<string, Required<Batch>>()
  for (const { jobId, provider, notificationId, connectionId, delayMs } of rows) {
    const { deliveries, delayMs: latest }: Pick<Required<Batch>, 'deliveries' | 'delayMs'> = batches.get(jobId) ?? { deliveries: [], delayMs: 0 }
    deliveries.push([notificationId, connectionId])
    batches.set(jobId, { jobId, provider, deliveries, delayMs: Math.max(latest, delayMs) })
  }
  return [...batches.values()]
}
