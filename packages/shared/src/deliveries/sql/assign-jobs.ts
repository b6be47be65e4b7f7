import { newId } from '../../db/index.ts'
import type { Database } from '../../db/index.ts'
import { maxClockSkewMs } from '../clock-skew.ts'
import { deliveriesPerJob } from '../delivery-queues.ts'
import type { Batch } from '../enqueue.ts'
import { milliseconds } from './fragments/milliseconds.ts'

/** Assigns jobs to up to `limit` deliveries that are due and have none: full batches, the oldest notification first. */
export async function assignJobs ({ sql }: Database, providers: string[], limit: number): Promise<Batch[]> {
  const [row] = await sql<Array<{ batches: Batch[] }>>`
    with waiting as (
      select notification_id, connection_id, provider from deliveries
      where provider = any (${providers}) and due_at <= now() + ${milliseconds(sql, maxClockSkewMs)} and job_id is null
      order by notification_id, connection_id limit ${limit}
      for update skip locked
    ), numbered as (
      select *, ${newId()}::text || '-' || provider || '-' ||
        (row_number() over (partition by provider order by notification_id, connection_id) - 1) / ${deliveriesPerJob}::int as job_id
      from waiting
    ), assigned as (
      update deliveries set job_id = numbered.job_id
      from numbered
      where deliveries.notification_id = numbered.notification_id and deliveries.connection_id = numbered.connection_id
      returning deliveries.job_id, deliveries.provider, deliveries.notification_id, deliveries.connection_id, deliveries.due_at
    ), batch as (
      select job_id as "jobId", provider, jsonb_agg(jsonb_build_array(notification_id, connection_id)) as deliveries,
        greatest(0, extract(epoch from max(due_at) - now()) * 1000) as "delayMs"
      from assigned group by job_id, provider
    )
    select coalesce(jsonb_agg(batch), '[]') as batches from batch`
  return row?.batches ?? []
}
