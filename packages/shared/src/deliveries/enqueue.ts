import { newId } from '../db/index.ts'
import { maxClockSkewMs } from './clock-skew.ts'
import type { DeliveryKey, DeliveryQueues } from './delivery-queues.ts'
import { groupBy } from './group-by.ts'

/** Rows with a job id whose job is not in the queue yet. */
export interface Batch {
  jobId: string
  provider: string
  deliveries: DeliveryKey[]
  /** The time until the whole batch is due. Absent when it is due now. */
  delayMs?: number
}

/** Work at `provider` that is due in `delayMs`. */
export interface Wake {
  provider: string
  delayMs: number
}

export interface DueSegment {
  notificationId: string
  provider: string
  number: number
  /** Milliseconds since the epoch by the database's clock. `delayMs` is the time until then. */
  dueAt: number
  delayMs: number
}

/** Segments whose due time is now earlier. Add their jobs with `enqueueSegments`, then call `dispatchWaiting`. */
export interface ReleasedSegments {
  segments: DueSegment[]
}

/** Adds batches to their queues. Rejects when a queue fails. Reconcile then finds the rows. */
export async function enqueueBatches (queues: DeliveryQueues, batches: Batch[]): Promise<void> {
  await Promise.all([...groupBy(batches, ({ provider }) => provider)].map(async ([provider, own]) => {
    await queues.deliver.get(provider)?.add(own.map(({ jobId, deliveries, delayMs }) => ({
      id: jobId, data: { deliveries }, ...delayMs === undefined ? {} : { delayMs }
    })))
  }))
}

/** Adds segments to their queues. An existing job stays unchanged. */
export async function enqueueSegments (queues: DeliveryQueues, segments: DueSegment[]): Promise<void> {
  await Promise.all([...groupBy(segments, ({ provider }) => provider)].map(async ([provider, own]) => {
    await queues.broadcast.get(provider)?.add(own.map((segment) => {
      const { notificationId, number, delayMs } = segment
      return { id: segmentJobId(segment), data: { notificationId, number }, delayMs }
    }))
  }))
}

/** Contains the due time, because a segment that its own job postpones needs another job. */
export function segmentJobId ({ notificationId, number, dueAt }: DueSegment): string {
  return `${notificationId}-${number}-${dueAt}`
}

/** Plans a broadcast in `delayMs`. Requests for the same second share one job. */
export async function enqueuePlans (
  queues: DeliveryQueues, plans: Array<{ notificationId: string, delayMs: number }>, now = Date.now()
): Promise<void> {
  await queues.plan.add(plans.map(({ notificationId, delayMs }) => ({
    id: `${notificationId}-${Math.ceil((now + delayMs) / 1000)}`, data: { notificationId }, delayMs
  })))
}

/** Continues a plan in another job. The queue would ignore a job with the id of the running one. */
export async function enqueuePlanAgain (
  queues: DeliveryQueues, { notificationId, delayMs }: { notificationId: string, delayMs: number }
): Promise<void> {
  await queues.plan.add([{ id: `${notificationId}-${newId()}`, data: { notificationId }, delayMs }])
}

/**
 * Adds wake-ups for deliveries that become due. All rows of a provider and second share one wake-up, which forms full batches.
 * It runs at the end of the second, so later requests for that second can rely on it. Close to the end of a second that wake-up
 * may have run, while the queue still ignores a job with its id. A late request therefore gets its own wake-up.
 */
export async function enqueueWakes (queues: DeliveryQueues, wakes: Wake[], now = Date.now()): Promise<void> {
  const endOf = ({ delayMs }: Wake): number => Math.ceil((now + delayMs - maxClockSkewMs) / 1000) * 1000
  const isLate = (wake: Wake): boolean => endOf(wake) - now <= maxClockSkewMs
  const ownId = newId()
  const bySecond = groupBy(wakes, (wake) => `${wake.provider}-${isLate(wake) ? ownId : endOf(wake) / 1000}`)
  await queues.wake.add([...bySecond].map(([id, members]) => ({
    id,
    data: { provider: members[0]?.provider ?? '' },
    delayMs: Math.max(0, ...members.map((wake) => isLate(wake) ? wake.delayMs : Math.max(wake.delayMs, endOf(wake) - now)))
  })))
}
