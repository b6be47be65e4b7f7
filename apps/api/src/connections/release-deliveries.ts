import { dispatchWaiting, releaseParked } from '@carillon/shared/deliveries'
import type { Services } from '../services.ts'

/** Releases the deliveries that were parked for these connections. */
export async function releaseDeliveries (
  { database, queues, log }: Pick<Services, 'database' | 'queues' | 'log'>, connectionIds: string[]
): Promise<void> {
  if (await releaseParked(database, connectionIds) === 0) return
  // The rows are due now. If the queue is away, reconcile finds them.
  await dispatchWaiting(database, queues).catch((error: unknown) => log.warn({ err: error }, 'released deliveries wait for reconcile'))
}
