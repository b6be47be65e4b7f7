import { saveConnections } from '@carillon/shared/connections'
import type { NewConnection, SavedConnection } from '@carillon/shared/connections'
import { dispatchWaiting, releaseParked } from '@carillon/shared/notifications'
import type { Services } from '../services.ts'

/** Stores grants, and lets go what was parked for their users. */
export async function keepConnections (
  { database, vault, queues, log }: Services, grants: NewConnection[]
): Promise<SavedConnection[]> {
  const saved = await saveConnections(database, vault, grants)
  const released = await releaseParked(database, saved.map(({ id }) => id))
  if (released > 0) {
    // The rows are due already: a queue that is away only makes them wait for reconcile.
    await dispatchWaiting(database, queues).catch((error: unknown) => log.warn({ err: error }, 'released deliveries wait for reconcile'))
  }
  return saved
}
