import { newId } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { deliveriesPerJob, enqueue } from './delivery-queues.ts'
import type { DeliveryQueues, Dispatched } from './delivery-queues.ts'

/** Rows that one statement hands out. */
const rowsPerStatement = 20 * deliveriesPerJob

/**
 * Gives every delivery that is due and has no job a job: full batches, oldest first. This is how deliveries get back on the
 * queue after a release, a hand-back or a loss. Answers how many there were.
 */
export async function dispatchWaiting ({ sql }: Database, queues: DeliveryQueues): Promise<number> {
  let total = 0
  for (;;) {
    const rows = await sql<Dispatched[]>`
      with waiting as (
        select notification_id, connection_id, provider, due_at from deliveries
        where state in ('queued', 'retrying') and job_id is null and due_at <= now() and provider = any (${[...queues.keys()]})
        order by due_at limit ${rowsPerStatement}
        for update skip locked
      ), numbered as (
        select notification_id, connection_id, ${newId()}::text || '-' || provider || '-' ||
          (row_number() over (partition by provider order by due_at) - 1) / ${deliveriesPerJob}::int as job_id
        from waiting
      )
      update deliveries set job_id = numbered.job_id
      from numbered
      where deliveries.notification_id = numbered.notification_id and deliveries.connection_id = numbered.connection_id
      returning deliveries.job_id as "jobId", provider, deliveries.notification_id as "notificationId",
        deliveries.connection_id as "connectionId", 0 as "delayMs"`
    await enqueue(queues, rows)
    total += rows.length
    if (rows.length < rowsPerStatement) return total
  }
}
