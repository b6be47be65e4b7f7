import { newId } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { deliveriesPerJob } from './delivery-queues.ts'
import type { DeliveryQueues } from './delivery-queues.ts'
import { enqueueBatches, enqueueWakes } from './enqueue.ts'
import type { Batch } from './enqueue.ts'

/** Rows that one statement hands out. */
const rowsPerStatement = 20 * deliveriesPerJob

/**
 * Gives every delivery that is due and has no job a job: full batches, the oldest notification first. This is how deliveries get
 * back on the queue after a wait, a release, a hand-back or a loss. What falls due next gets a wake-up. Answers how many there
 * were.
 */
export async function dispatchWaiting (
  database: Database, queues: DeliveryQueues, providers: Iterable<string> = queues.deliver.keys()
): Promise<number> {
  const ids = [...providers]
  let total = 0
  for (;;) {
    const batches = await handOut(database, ids)
    await enqueueBatches(queues, batches)
    const rows = batches.reduce((sum, { deliveries }) => sum + deliveries.length, 0)
    total += rows
    if (rows < rowsPerStatement) break
  }
  await enqueueWakes(queues, await nextDue(database, ids))
  return total
}

async function handOut ({ sql }: Database, providers: string[]): Promise<Batch[]> {
  const [row] = await sql<Array<{ batches: Batch[] }>>`
    with waiting as (
      select notification_id, connection_id, provider from deliveries
      -- wake-ups keep the queue's time, not the database's
      where provider = any (${providers}) and due_at <= now() + interval '50 milliseconds' and job_id is null
      order by notification_id, connection_id limit ${rowsPerStatement}
      for update skip locked
    ), numbered as (
      select *, ${newId()}::text || '-' || provider || '-' ||
        (row_number() over (partition by provider order by notification_id, connection_id) - 1) / ${deliveriesPerJob}::int as job_id
      from waiting
    ), handed as (
      update deliveries set job_id = numbered.job_id
      from numbered
      where deliveries.notification_id = numbered.notification_id and deliveries.connection_id = numbered.connection_id
      returning deliveries.job_id, deliveries.provider, deliveries.notification_id, deliveries.connection_id, deliveries.due_at
    ), batch as (
      select job_id as "jobId", provider, jsonb_agg(jsonb_build_array(notification_id, connection_id)) as deliveries,
        greatest(0, extract(epoch from max(due_at) - now()) * 1000) as "delayMs"
      from handed group by job_id, provider
    )
    select coalesce(jsonb_agg(batch), '[]') as batches from batch`
  return row?.batches ?? []
}

async function nextDue ({ sql }: Database, providers: string[]) {
  return sql<Array<{ provider: string, delayMs: number }>>`
    select provider, extract(epoch from due_at - now())::float8 * 1000 as "delayMs"
    from unnest(${providers}::text[]) as wanted (provider)
    cross join lateral (
      select due_at from deliveries
      where deliveries.provider = wanted.provider and due_at > now() + interval '50 milliseconds' and due_at < 'infinity' and job_id is null
      order by due_at limit 1
    ) as next`
}
