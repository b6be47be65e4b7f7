import type { JobQueue } from '../queue/index.ts'

/** A job without data: the rows contain which connections are due. */
export type PullJob = Record<string, never>

export const pullQueueName = 'pull'

/**
 * Makes a worker pull due data now instead of in the next round. All requests of one second share one job at its end, because a
 * running job may have read the rows before the request. Rejects when the queue fails.
 */
export async function enqueuePull (queue: Pick<JobQueue<PullJob>, 'add'>, now = Date.now()): Promise<void> {
  const second = Math.floor(now / 1000) + 1
  await queue.add([{ id: `due-${second}`, data: {}, delayMs: second * 1000 - now }])
}
