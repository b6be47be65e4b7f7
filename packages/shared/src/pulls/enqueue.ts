import type { JobQueue } from '../queue/index.ts'

/** What is due is to be read. Which connections that are, their rows say. */
export type PullJob = Record<string, never>

export const pullQueueName = 'pull'

/**
 * Has a worker look at once for what is due to be read, instead of with the next round. All who ask within a second share one
 * job, at its end: one that runs already may have looked before they came. Rejects when the queue does not take it.
 */
export async function enqueuePull (queue: Pick<JobQueue<PullJob>, 'add'>, now = Date.now()): Promise<void> {
  const second = Math.floor(now / 1000) + 1
  await queue.add([{ id: `due-${second}`, data: {}, delayMs: second * 1000 - now }])
}
