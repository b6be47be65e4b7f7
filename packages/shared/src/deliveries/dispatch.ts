import type { Database } from '../db/index.ts'
import { deliveriesPerJob } from './delivery-queues.ts'
import type { DeliveryQueues } from './delivery-queues.ts'
import { enqueueBatches, enqueueWakes } from './enqueue.ts'
import type { Wake } from './enqueue.ts'
import { assignJobs } from './sql/assign-jobs.ts'

const rowsPerStatement = 20 * deliveriesPerJob

/**
 * Creates jobs for all deliveries that are due and have none, and a wake-up for the next due time. This returns deliveries to
 * the queue after a wait, a release, a returned batch or a lost job. Returns the number of deliveries. A delivery that has become
 * due meanwhile, or whose row another process has locked, gets a wake-up too: otherwise it would wait for reconcile.
 */
export async function dispatchWaiting (
  database: Database, queues: DeliveryQueues, providers: Iterable<string> = queues.deliver.keys()
): Promise<number> {
  const ids = [...providers]
  let total = 0
  for (;;) {
    const batches = await assignJobs(database, ids, rowsPerStatement)
    await enqueueBatches(queues, batches)
    const rows = batches.reduce((sum, { deliveries }) => sum + deliveries.length, 0)
    total += rows
    if (rows < rowsPerStatement) break
  }
  await enqueueWakes(queues, await nextDue(database, ids))
  return total
}

async function nextDue ({ sql }: Database, providers: string[]): Promise<Wake[]> {
  return sql<Wake[]>`
    select provider, greatest(0, extract(epoch from due_at - now()))::float8 * 1000 as "delayMs"
    from unnest(${providers}::text[]) as wanted (provider)
    cross join lateral (
      select due_at from deliveries
      where deliveries.provider = wanted.provider and due_at < 'infinity' and job_id is null
      order by due_at limit 1
    ) as next`
}
