import type { Database } from '../db/index.ts'
import type { Log } from '../log/index.ts'
import type { DeliveryQueues } from './delivery-queues.ts'
import { dispatchWaiting } from './dispatch.ts'
import { releaseParked } from './sql/release-parked.ts'

/** Releases the parked deliveries of these connections. */
export async function releaseDeliveries (
  { database, queues, log }: { database: Database, queues: DeliveryQueues, log: Log }, connectionIds: string[]
): Promise<void> {
  if (await releaseParked(database, connectionIds) === 0) return
  // The rows are due now. If the queue fails, reconcile finds them.
  await dispatchWaiting(database, queues).catch((error: unknown) => log.warn({ err: error }, 'released deliveries wait for reconcile'))
}
