import { withTimeout } from './with-timeout.ts'
import type { JobQueue } from './job-queue.ts'

/** The methods that the queues of both backends share. */
export interface BullQueue {
  add: (name: string, data: unknown, opts: JobOptions) => Promise<unknown>
  addBulk: (jobs: Array<{ name: string, data: unknown, opts: JobOptions }>) => Promise<unknown>
  getJob: (id: string) => Promise<unknown>
  getJobState: (id: string) => Promise<string>
  getJobScheduler: (id: string) => Promise<{ every?: number | undefined, next?: number | undefined } | undefined>
  removeJobScheduler: (id: string) => Promise<unknown>
  upsertJobScheduler: (id: string, repeat: { every: number }, template: { name: string, data: unknown }) => Promise<unknown>
  close: () => Promise<void>
  on: (event: 'error', listener: (error: Error) => void) => unknown
}

interface JobOptions {
  jobId: string
  delay: number
}

/** BullMQ looks jobs up one by one, and a slow store must respond before the timeout. */
const idsPerQuestion = 100
/** How late a run may be without being rescheduled. */
const toleranceMs = 10_000
/** BullMQ adds about ten thousand jobs per second, so even a slow store adds this many before the timeout. */
const jobsPerAddition = 1_000

export function asJobQueue<Data> (queue: BullQueue, onError: (error: Error) => void): JobQueue<Data> {
  queue.on('error', onError)
  return {
    add: async (jobs) => {
      for (let start = 0; start < jobs.length; start += jobsPerAddition) {
        const some = jobs.slice(start, start + jobsPerAddition)
          .map(({ id, data, delayMs = 0 }) => ({ name: 'job', data, opts: { jobId: id, delay: Math.ceil(delayMs) } }))
        const [first] = some
        // Setting up the pipeline for several jobs takes longer than the rest of adding one job.
        const isAlone = first !== undefined && some.length === 1
        await withTimeout(isAlone ? queue.add(first.name, first.data, first.opts) : queue.addBulk(some))
      }
    },
    live: (ids) => select(ids, async (id) => await queue.getJob(id) !== undefined),
    waiting: (ids) => select(ids, async (id) => await queue.getJobState(id) === 'waiting'),
    schedule: async (id, everyMs, data) => {
      const scheduled = await withTimeout(queue.getJobScheduler(id))
      if (scheduled?.every === everyMs && isOnTime(scheduled.next, everyMs)) return
      // An upsert keeps the offset within the old interval. After a missed run it waits for up to one whole old interval.
      if (scheduled) await withTimeout(queue.removeJobScheduler(id))
      await withTimeout(queue.upsertJobScheduler(id, { every: everyMs }, { name: 'job', data }))
    },
    close: () => queue.close()
  }
}

async function select (ids: string[], isMeant: (id: string) => Promise<boolean>): Promise<Set<string>> {
  const selected = new Set<string>()
  for (let start = 0; start < ids.length; start += idsPerQuestion) {
    const some = ids.slice(start, start + idsPerQuestion)
    const found = await withTimeout(Promise.all(some.map(isMeant)))
    for (const [index, id] of some.entries()) if (found[index] === true) selected.add(id)
  }
  return selected
}

/** BullMQ uses the clock of the machine that ran the job last. If that clock changes, the next run may be hours away. */
function isOnTime (next: number | undefined, everyMs: number): boolean {
  return next !== undefined && Math.abs(next - Date.now()) <= everyMs + toleranceMs
}
