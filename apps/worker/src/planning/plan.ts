import type { Database } from '@carillon/shared/db'
import type { Log } from '@carillon/shared/log'
import { enqueuePlanAgain, enqueueSegments, maxClockSkewMs } from '@carillon/shared/deliveries'
import type { DeliveryQueues, PlanJob } from '@carillon/shared/deliveries'
import { paceOf } from './pace.ts'
import { cutSegments, openPlan, readPlan } from './segments.ts'

export interface PlanServices {
  database: Database
  queues: DeliveryQueues
  /** What a provider may be sent at most, by its id; without an entry it is not limited. */
  perSecond: ReadonlyMap<string, number>
  log: Log
  /** Aborts when the worker is asked to stop; what is cut by then stays cut. */
  stopping: AbortSignal
}

/** Segments that one statement cuts. */
const segmentsPerStatement = 50

/**
 * Cuts a broadcast's audience into segments, provider by provider, and puts them on their queues. Each statement cuts some and
 * notes how far it has got, so a plan that dies goes on where it was; the audience is never held in memory. What the queue does
 * not take is found by reconcile.
 */
export async function plan (
  { database, queues, perSecond, log, stopping }: PlanServices, { notificationId }: PlanJob
): Promise<void> {
  const wish = await readPlan(database, notificationId)
  if (wish === undefined) return
  if (wish.delayMs > maxClockSkewMs) return await enqueuePlanAgain(queues, { notificationId, delayMs: wish.delayMs })

  const providers = [...queues.deliver.keys()].filter((id) => wish.providers?.includes(id) ?? true)
  const plans = await openPlan(database, notificationId, providers)
  for (const open of plans) {
    const pace = paceOf(open.audience, wish.spreadSeconds, perSecond.get(open.provider))
    for (let isPlanned = open.isPlanned; !isPlanned;) {
      if (stopping.aborted) return await enqueuePlanAgain(queues, { notificationId, delayMs: 0 })
      const cut = await cutSegments(database, { notificationId, provider: open.provider, ...pace, limit: segmentsPerStatement })
      isPlanned = cut.isPlanned
      await enqueueSegments(queues, cut.segments).catch((error: unknown) => {
        log.warn({ err: error, notificationId, provider: open.provider }, 'segments wait for reconcile: the queue did not take them')
      })
    }
  }
  await database.sql`
    update notifications set planned_at = now() where id = ${notificationId} and planned_at is null
      and not exists (select from progress where notification_id = ${notificationId} and not is_planned)`
  const audience = Object.fromEntries(plans.map(({ provider, audience }) => [provider, audience]))
  log.info({ notificationId, audience }, 'planned')
}
