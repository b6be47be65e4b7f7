import type { JobQueue, QueueBackend } from '../queue/index.ts'
import type { DeliverJob } from './draft.ts'
import { groupBy } from './group-by.ts'

/** Deliveries that one job carries at most. */
export const deliveriesPerJob = 500

/** A bulkhead per provider: a slow one fills its own queue only. */
export function deliverQueueName (provider: string): string {
  return `deliver-${provider}`
}

/** A queue per provider. */
export type DeliveryQueues = ReadonlyMap<string, JobQueue<DeliverJob>>

export function openDeliveryQueues (backend: QueueBackend, providers: Iterable<string>): DeliveryQueues {
  return new Map([...providers].map((provider) => [provider, backend.openQueue<DeliverJob>(deliverQueueName(provider))]))
}

/** A row that has been given a job id and is yet to be put on its queue. */
export interface Dispatched {
  jobId: string
  provider: string
  notificationId: string
  connectionId: string
  delayMs: number
}

/** Puts rows on their queues, one job per job id. Rejects when a queue does not take them; reconcile finds them again then. */
export async function enqueue (queues: DeliveryQueues, rows: Dispatched[]): Promise<void> {
  const byProvider = groupBy(rows, ({ provider }) => provider)
  await Promise.all([...byProvider].map(async ([provider, own]) => {
    const jobs = [...groupBy(own, ({ jobId }) => jobId)].map(([id, members]) => ({
      id,
      data: { deliveries: members.map(({ notificationId, connectionId }): [string, string] => [notificationId, connectionId]) },
      delayMs: members[0]?.delayMs ?? 0
    }))
    await queues.get(provider)?.add(jobs)
  }))
}
