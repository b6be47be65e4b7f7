import type { DeliverJob, DeliveryQueues, PlanJob, SegmentJob, WakeJob } from '../../src/deliveries/index.ts'
import type { JobQueue, NewJob } from '../../src/queue/index.ts'

type Recorded<Data> = Array<NewJob<Data> & { provider: string }>

/** Queues that record added jobs for the test. `add` may run code before that. */
export function recordingQueues (providers: string[], add: () => Promise<void> = async () => {}) {
  const added: Recorded<DeliverJob> = []
  const segments: Recorded<SegmentJob> = []
  const plans: Recorded<PlanJob> = []
  const wakes: Recorded<WakeJob> = []
  const queues: DeliveryQueues = {
    deliver: new Map(providers.map((provider) => [provider, recording(added, provider, add)])),
    broadcast: new Map(providers.map((provider) => [provider, recording(segments, provider, add)])),
    plan: recording(plans, '', add),
    wake: recording(wakes, '', add),
    close: async () => {}
  }
  return { queues, added, segments, plans, wakes }
}

function recording<Data> (kept: Recorded<Data>, provider: string, add: () => Promise<void>): JobQueue<Data> {
  return {
    add: async (jobs) => {
      await add()
      kept.push(...jobs.map((job) => ({ ...job, provider })))
    },
    live: async () => new Set(),
    waiting: async () => new Set(),
    schedule: async () => {},
    close: async () => {}
  }
}
