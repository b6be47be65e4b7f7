import type { DeliverJob } from '../../src/notifications/index.ts'
import type { JobQueue, NewJob } from '../../src/queue/index.ts'

/** Queues that keep what they are given for a test to look at; `add` may be told to do something else. */
export function recordingQueues (providers: string[], add: (jobs: Array<NewJob<DeliverJob>>) => Promise<void> = async () => {}) {
  const added: Array<NewJob<DeliverJob> & { provider: string }> = []
  const queues = new Map(providers.map((provider): [string, JobQueue<DeliverJob>] => [provider, {
    add: async (jobs) => {
      await add(jobs)
      added.push(...jobs.map((job) => ({ ...job, provider })))
    },
    live: async () => new Set(),
    schedule: async () => {},
    close: async () => {}
  }]))
  return { queues, added }
}
