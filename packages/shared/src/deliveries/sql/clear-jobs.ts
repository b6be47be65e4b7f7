import type { Database } from '../../db/index.ts'
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
