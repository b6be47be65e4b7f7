import { answered } from './answered.ts'
import type { JobQueue } from './job-queue.ts'

/** What both backends' queues have in common. */
export interface BullQueue {
  addBulk: (jobs: Array<{ name: string, data: unknown, opts: { jobId: string, delay: number } }>) => Promise<unknown>
  getJob: (id: string) => Promise<unknown>
  getJobScheduler: (id: string) => Promise<{ every?: number | undefined } | undefined>
  removeJobScheduler: (id: string) => Promise<unknown>
  upsertJobScheduler: (id: string, repeat: { every: number }, template: { name: string, data: unknown }) => Promise<unknown>
  close: () => Promise<void>
  on: (event: 'error', listener: (error: Error) => void) => unknown
}

/** BullMQ looks a job up one by one; a slow store must still answer in time. */
const idsPerQuestion = 100
/** BullMQ takes some ten thousand a second: so many are there in time on a slow store, too. */
const jobsPerAddition = 1_000

export function asJobQueue<Data> (queue: BullQueue, onError: (error: Error) => void): JobQueue<Data> {
  queue.on('error', onError)
  return {
    add: async (jobs) => {
      for (let start = 0; start < jobs.length; start += jobsPerAddition) {
        const some = jobs.slice(start, start + jobsPerAddition)
        await answered(queue.addBulk(
          some.map(({ id, data, delayMs = 0 }) => ({ name: 'job', data, opts: { jobId: id, delay: Math.ceil(delayMs) } }))))
      }
    },
    live: async (ids) => {
      const live = new Set<string>()
      for (let start = 0; start < ids.length; start += idsPerQuestion) {
        const some = ids.slice(start, start + idsPerQuestion)
        const jobs = await answered(Promise.all(some.map((id) => queue.getJob(id))))
        for (const [index, id] of some.entries()) if (jobs[index] !== undefined) live.add(id)
      }
      return live
    },
    schedule: async (id, everyMs, data) => {
      const scheduled = await answered(queue.getJobScheduler(id))
      if (scheduled?.every === everyMs) return
      // An upsert keeps the offset within the old pace, and after a missed run waits for it: up to the whole of the old pace.
      if (scheduled) await answered(queue.removeJobScheduler(id))
      await answered(queue.upsertJobScheduler(id, { every: everyMs }, { name: 'job', data }))
    },
    close: () => queue.close()
  }
}
