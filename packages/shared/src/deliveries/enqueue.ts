import { newId } from '../db/index.ts'
import type { DeliveryKey, DeliveryQueues } from './delivery-queues.ts'
import { groupBy } from './group-by.ts'

/** Rows that have been given a job, which is yet to be put on its queue. */
export interface Batch {
  jobId: string
  provider: string
  deliveries: DeliveryKey[]
  /** Until all of it is due; absent where it is. */
  delayMs?: number
}

/** Something at `provider` falls due in `delayMs`. */
export interface Wake {
  provider: string
  delayMs: number
}

export interface DueSegment {
  notificationId: string
  provider: string
  number: number
  /** Milliseconds since the epoch, by the database's clock; `delayMs` is what is left until then. */
  dueAt: number
  delayMs: number
}

/** Segments that are due earlier than before. Add their jobs with `enqueueSegments`, and call `dispatchWaiting` after it. */
export interface ReleasedSegments {
  segments: DueSegment[]
}

/** Puts batches on their queues. Rejects when a queue does not take them; reconcile finds their rows again then. */
export async function enqueueBatches (queues: DeliveryQueues, batches: Batch[]): Promise<void> {
  await Promise.all([...groupBy(batches, ({ provider }) => provider)].map(async ([provider, own]) => {
    await queues.deliver.get(provider)?.add(own.map(({ jobId, deliveries, delayMs }) => ({
      id: jobId, data: { deliveries }, ...delayMs === undefined ? {} : { delayMs }
    })))
  }))
}

/** Puts segments on their queues; one that is there already stays where it is. */
export async function enqueueSegments (queues: DeliveryQueues, segments: DueSegment[]): Promise<void> {
  await Promise.all([...groupBy(segments, ({ provider }) => provider)].map(async ([provider, own]) => {
    await queues.broadcast.get(provider)?.add(own.map((segment) => {
      const { notificationId, number, delayMs } = segment
      return { id: segmentJobId(segment), data: { notificationId, number }, delayMs }
    }))
  }))
}

/** With its time: a segment that is put off by its own job needs another. */
export function segmentJobId ({ notificationId, number, dueAt }: DueSegment): string {
  return `${notificationId}-${number}-${dueAt}`
}

/** Has a broadcast planned in `delayMs`. Those that ask for the same second share one job. */
export async function enqueuePlans (
  queues: DeliveryQueues, plans: Array<{ notificationId: string, delayMs: number }>, now = Date.now()
): Promise<void> {
  await queues.plan.add(plans.map(({ notificationId, delayMs }) => ({
    id: `${notificationId}-${Math.ceil((now + delayMs) / 1000)}`, data: { notificationId }, delayMs
  })))
}

/** Continues a plan in another job. The queue would drop one that has the id of the job that runs. */
export async function enqueuePlanAgain (
  queues: DeliveryQueues, { notificationId, delayMs }: { notificationId: string, delayMs: number }
): Promise<void> {
  await queues.plan.add([{ id: `${notificationId}-${newId()}`, data: { notificationId }, delayMs }])
}

/** What the clocks of a process and the database may differ by when they mean the same second. */
const toleranceMs = 50

/**
 * Has what falls due given jobs when it does. However many rows wait for a second of a provider's, they share one wake-up: it
 * forms full batches of all that is due. It comes at the second's end, so that those who ask for it later lose nothing by
 * finding it there. In the last moments of a second and the first ones of the next, that wake-up may already have looked for due
 * rows, and the queue drops a job whose id it still has. What is asked for then gets a wake-up of its own.
 */
export async function enqueueWakes (queues: DeliveryQueues, wakes: Wake[], now = Date.now()): Promise<void> {
  const endOf = ({ delayMs }: Wake): number => Math.ceil((now + delayMs - toleranceMs) / 1000) * 1000
  const isLate = (wake: Wake): boolean => endOf(wake) - now <= toleranceMs
  const ownId = newId()
  const bySecond = groupBy(wakes, (wake) => `${wake.provider}-${isLate(wake) ? ownId : endOf(wake) / 1000}`)
  await queues.wake.add([...bySecond].map(([id, members]) => ({
    id,
    data: { provider: members[0]?.provider ?? '' },
    delayMs: Math.max(0, ...members.map((wake) => isLate(wake) ? wake.delayMs : Math.max(wake.delayMs, endOf(wake) - now)))
  })))
}
