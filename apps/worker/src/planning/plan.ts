import { publicId } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import type { Log } from '@carillon/shared/log'
import { enqueuePlanAgain, enqueueSegments, maxClockSkewMs } from '@carillon/shared/deliveries'
import type { DeliveryQueues, PlanJob } from '@carillon/shared/deliveries'
import type { Tracing } from '@carillon/shared/tracing'
import { paceOf } from './pace.ts'
import { cutSegments, openPlan, readPlan } from './segments.ts'
import type { PlanRequest } from './segments.ts'

export interface PlanServices {
  database: Database
  queues: DeliveryQueues
  /** The maximum of requests per second, by provider. A provider without an entry has no limit. */
  perSecond: ReadonlyMap<string, number>
  log: Log
  tracing?: Tracing | undefined
  /** Aborts when the worker is asked to stop. Another job then continues the plan. */
  stopping: AbortSignal
}

/** The maximum of segments that one statement creates. */
const segmentsPerStatement = 50

/**
 * Divides the audience of a broadcast into segments and adds their jobs. Each statement creates some segments and stores the
 * position, so another job can continue, and the audience is never in memory. Reconcile adds the jobs that the queue refused.
 */
export async function plan (services: PlanServices, { notificationId }: PlanJob): Promise<void> {
  const request = await readPlan(services.database, notificationId)
  if (request === undefined) return
  const { requestId } = request
  const own = requestId === null ? services : { ...services, log: services.log.child({ requestId }) }
  await planTraced(own, notificationId, request)
}

async function planTraced (services: PlanServices, notificationId: string, request: PlanRequest): Promise<void> {
  const { tracing } = services
  if (tracing === undefined) return await planAs(services, notificationId, request)
  const attributes = { 'carillon.notification.id': publicId('notification', notificationId) }
  await tracing.inSpan('plan', { parent: request.traceparent, attributes }, () => planAs(services, notificationId, request))
}

async function planAs (
  { database, queues, perSecond, log, stopping }: PlanServices, notificationId: string, request: PlanRequest
): Promise<void> {
  if (request.delayMs > maxClockSkewMs) return await enqueuePlanAgain(queues, { notificationId, delayMs: request.delayMs })

  const providers = [...queues.deliver.keys()].filter((id) => request.providers?.includes(id) ?? true)
  const plans = await openPlan(database, notificationId, providers)
  for (const open of plans) {
    const pace = paceOf(open.audience, request.spreadSeconds, perSecond.get(open.provider))
    for (let isPlanned = open.isPlanned; !isPlanned;) {
      if (stopping.aborted) return await enqueuePlanAgain(queues, { notificationId, delayMs: 0 })
      const cut = await cutSegments(database, { notificationId, provider: open.provider, ...pace, limit: segmentsPerStatement })
      isPlanned = cut.isPlanned
      await enqueueSegments(queues, cut.segments).catch((error: unknown) => {
        log.warn({ err: error, notificationId, provider: open.provider }, 'could not add segments; they wait for reconcile')
      })
    }
  }
  await database.sql`
    update notifications set planned_at = now()
    where id = ${notificationId}
      and planned_at is null
      and not exists (select from progress where notification_id = ${notificationId} and not is_planned)`
  const audience = Object.fromEntries(plans.map(({ provider, audience }) => [provider, audience]))
  log.info({ notificationId, audience }, 'planned')
}
