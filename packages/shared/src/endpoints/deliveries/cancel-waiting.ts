import { and, eq, isNotNull, sql } from 'drizzle-orm'
import { endpointDeliveries } from '../../db/index.ts'
import type { Database } from '../../db/index.ts'

/** Cancels the deliveries that wait for an endpoint, or are being sent to it. */
export async function cancelWaiting ({ db }: Pick<Database, 'db'>, endpointId: string): Promise<void> {
  await db.update(endpointDeliveries).set({ state: 'canceled', nextAttemptAt: null, leaseId: null, updatedAt: sql`now()` })
    .where(and(eq(endpointDeliveries.endpointId, endpointId), isNotNull(endpointDeliveries.nextAttemptAt)))
}
