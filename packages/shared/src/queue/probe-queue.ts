import { withTimeout } from './with-timeout.ts'

interface ProbedQueue {
  add: (name: string, data: unknown, opts: { jobId: string, delay: number }) => Promise<unknown>
  remove: (id: string) => Promise<unknown>
}

export const probeQueueName = 'readiness'
/** One for all processes: what one that died has left, the next one removes. */
const jobId = 'readiness-probe'
/** Nothing works on this queue; a delay keeps it from waking anything. */
const delay = 60_000

/** Adds a job and removes it, with the statements or commands that every other job needs too. */
export async function probeQueue (queue: ProbedQueue): Promise<void> {
  await withTimeout(queue.add('probe', {}, { jobId, delay }))
  await withTimeout(queue.remove(jobId))
}
