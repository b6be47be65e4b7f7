import { dispatchWaiting, releaseParked } from '@carillon/shared/deliveries'
import type { Services } from '../services.ts'

/** Lets go what was parked for connections that work again. */
export async function releaseDeliveries (
  { database, queues, log }: Pick<Services, 'database' | 'queues' | 'log'>, connectionIds: string[]
): Promise<void> {
  if (await releaseParked(database, connectionIds) === 0) return
  // The rows are due already: a queue that is away only makes them wait for reconcile.
  await dispatchWaiting(database, queues).catch((error: unknown) => log.warn({ err: error }, 'released deliveries wait for reconcile'))
}
