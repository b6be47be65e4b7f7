import type { Database } from '../../db/index.ts'
import { maxEarlyMs } from '../clock-skew.ts'
import type { DeliveryKey } from '../delivery-queues.ts'
import type { Wake } from '../enqueue.ts'
import { milliseconds } from './fragments/milliseconds.ts'

/** Jobs are added after their rows are committed, so a row that became due more recently may still get its job. */
const graceMs = 3_000

/** The jobs of overdue deliveries by provider, the longest overdue first. */
export async function listOverdueJobs ({ sql }: Database, limit: number): Promise<Array<{ provider: string, jobIds: string[] }>> {
  return sql<Array<{ provider: string, jobIds: string[] }>>`
    select provider, array_agg(job_id) as "jobIds" from (
      select provider, job_id from deliveries
      where job_id is not null and due_at < now() - ${milliseconds(sql, graceMs)}
      group by provider, job_id order by min(due_at) limit ${limit}
    ) as jobs
    group by provider`
}

/** Removes these jobs from their overdue deliveries, so that dispatching assigns new ones. Returns the number of deliveries. */
export async function clearJobs ({ sql }: Database, jobIds: string[]): Promise<number> {
  const { count } = await sql`
    update deliveries set job_id = null
    where due_at < now() - ${milliseconds(sql, graceMs)} and job_id = any (${jobIds}::text[])`
  return count
}

/**
 * Removes the jobs from those of `keys` that are due, after a job could not claim them. That happens when dispatching has locked
 * their rows for a moment: the job ends, and nothing else would add another one. Waits for the locks. Returns when they are due.
 */
export async function clearMissed ({ sql }: Database, provider: string, keys: DeliveryKey[]): Promise<Wake[]> {
  const { count } = await sql`
    with missed as (
      select notification_id, connection_id
      from unnest(${keys.map(([notification]) => notification)}::uuid[], ${keys.map(([, connection]) => connection)}::uuid[])
        as given (notification_id, connection_id)
      join deliveries using (notification_id, connection_id)
      where due_at <= now() + ${milliseconds(sql, maxEarlyMs)} and job_id is not null
      order by notification_id, connection_id for update of deliveries
    )
    update deliveries set job_id = null from missed
    where deliveries.notification_id = missed.notification_id and deliveries.connection_id = missed.connection_id`
  return count === 0 ? [] : [{ provider, delayMs: 0 }]
}
