import { sql } from 'drizzle-orm'
import { endpointDeliveries } from '../../db/index.ts'
import type { Database } from '../../db/index.ts'

/** Cancels the deliveries that wait for an endpoint, or are being sent to it. */
export async function cancelWaiting ({ db }: Pick<Database, 'db'>, endpointId: string): Promise<void> {
  await db.update(endpointDeliveries).set({ state: 'canceled', nextAttemptAt: null, leaseId: null, updatedAt: sql`now()` })
    // Locked in the order in which `settleEvents` locks them.
    .where(sql`(endpoint_id, event_id) in (
      select endpoint_id, event_id from endpoint_deliveries where endpoint_id = ${endpointId} and next_attempt_at is not null
      order by event_id for update
    )`)
}
