import { withTimeout } from './with-timeout.ts'

interface ProbedQueue {
  add: (name: string, data: unknown, opts: { jobId: string, delay: number }) => Promise<unknown>
  remove: (id: string) => Promise<unknown>
}

export const probeQueueName = 'readiness'
/** All processes share one id, so the next probe removes a job that a crashed process left behind. */
const jobId = 'readiness-probe'
/** This queue has no worker. The delay keeps the job from waking one. */
const delay = 60_000

/** Adds and removes a job, with the same statements or commands as every other job. */
export async function probeQueue (queue: ProbedQueue): Promise<void> {
  await withTimeout(queue.add('probe', {}, { jobId, delay }))
  await withTimeout(queue.remove(jobId))
}
