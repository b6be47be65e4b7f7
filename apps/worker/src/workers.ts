import { deliverQueueName } from '@carillon/shared/notifications'
import type { DeliverJob } from '@carillon/shared/notifications'
import type { JobWorker, QueueBackend } from '@carillon/shared/queue'
import { deliver } from './deliver/deliver.ts'
import type { DeliverServices } from './deliver/deliver.ts'
import { reconcile } from './maintain/reconcile.ts'

export interface WorkersOptions {
  backend: QueueBackend
  services: DeliverServices
  /** Batches at a time, for each provider. */
  jobsPerProvider: number
  reconcileEveryMs: number
}

const maintainQueue = 'maintain'

/** Starts a worker per provider and one for maintenance. `close` waits for the jobs that run. */
export function startWorkers ({ backend, services, jobsPerProvider, reconcileEveryMs }: WorkersOptions): JobWorker {
  const { queues, leaseMs, log } = services
  const maintenance = backend.openQueue<object>(maintainQueue)
  const workers = [
    ...[...queues.keys()].map((provider) => backend.openWorker<DeliverJob>(
      deliverQueueName(provider), (job) => deliver(services, provider, job), { concurrency: jobsPerProvider, lockMs: leaseMs })),
    backend.openWorker<object>(maintainQueue, () => reconcile(services), { concurrency: 1, lockMs: leaseMs })
  ]

  // A queue that was wiped has lost its schedules too, and nothing but us would bring them back.
  const schedule = (): void => {
    maintenance.schedule('reconcile', reconcileEveryMs, {}).catch((error: unknown) => log.warn({ err: error }, 'cannot schedule reconcile'))
  }
  schedule()
  const scheduling = setInterval(schedule, reconcileEveryMs)

  return {
    close: async () => {
      clearInterval(scheduling)
      await Promise.all(workers.map((worker) => worker.close()))
      await maintenance.close()
    }
  }
}
