import { and, eq, isNull, sql } from 'drizzle-orm'
import { endpoints, publicId } from '../../db/index.ts'
import type { Database } from '../../db/index.ts'
import { recordEvents, requestEvents } from '../../events/index.ts'
import { cancelWaiting } from './cancel-waiting.ts'
import { describeEndpoint } from '../describe-endpoint.ts'

/**
 * Disables an endpoint that does not work at `url`, cancels what waits for it, and records the event. False when it is disabled
 * or has another URL since.
 */
export async function disableEndpoint (
  { db }: Pick<Database, 'db'>, id: string, { reason, url }: { reason: 'gone' | 'failing', url: string }
): Promise<boolean> {
  return await db.transaction(async (tx) => {
    const [disabled] = await tx.update(endpoints).set({ disabledAt: sql`now()`, disabledReason: reason, updatedAt: sql`now()` })
      .where(and(eq(endpoints.id, id), eq(endpoints.url, url), isNull(endpoints.disabledAt)))
      .returning({ disabledReason: endpoints.disabledReason, failingSince: endpoints.failingSince, failure: endpoints.failure })
    if (disabled === undefined) return false
    await cancelWaiting({ db: tx }, id)
    await requestEvents({ db: tx }, id, [])
    await recordEvents({ db: tx }, [{
      type: 'endpoint.disabled', data: { endpointId: publicId('endpoint', id), reason: describeEndpoint(disabled).reason }
    }])
    return true
  })
}
