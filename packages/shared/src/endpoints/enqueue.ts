import { newId } from '../db/index.ts'
import type { JobQueue } from '../queue/index.ts'

/** A job without data: the rows contain which events are due. */
export type EventJob = Record<string, never>

export const eventQueueName = 'events'

/** Wakes a worker for events that are due now, or in `delayMs`. Those of one second share a job at its end. */
export async function enqueueEvents (queue: Pick<JobQueue<EventJob>, 'add'>, delayMs = 0, now = Date.now()): Promise<void> {
  // The queue ignores a job with the id of one that is running, which may have read before this call.
  if (delayMs <= 1_000) return await queue.add([{ id: `now-${newId()}`, data: {}, delayMs: Math.max(0, delayMs) }])
  const second = Math.ceil((now + delayMs) / 1_000)
  await queue.add([{ id: `due-${second}`, data: {}, delayMs: second * 1_000 - now }])
}
