import { sweepAudit } from '@carillon/shared/audit'
import { newId, retryWithLongTimeout } from '@carillon/shared/db'
import { sweepEndpointDeliveries } from '@carillon/shared/endpoints'
import { sweepKeys } from '@carillon/shared/idempotency'
import { handleWaiting } from '@carillon/shared/inbound'
import { logRepeats } from '@carillon/shared/log'
import { broadcastQueueName, deliverQueueName, dispatchWaiting, planQueueName, wakeQueueName } from '@carillon/shared/deliveries'
import type { DeliverJob, PlanJob, SegmentJob, WakeJob } from '@carillon/shared/deliveries'
import { pullQueueName } from '@carillon/shared/pulls'
import type { PullJob } from '@carillon/shared/pulls'
import type { JobWorker } from '@carillon/shared/queue'
import type { Runtime } from '@carillon/shared/runtime'
import { countJobs } from './count-jobs.ts'
import { createBatchRunner } from './delivery/batch-runner.ts'
import { deliver } from './delivery/deliver.ts'
import { deliverSegment } from './delivery/deliver-segment.ts'
import type { DeliverServices } from './delivery/deliver-services.ts'
import { deleteUsers } from './maintenance/delete-users.ts'
import { keepEvents } from './maintenance/keep-events.ts'
import { keepPartitions } from './maintenance/keep-partitions.ts'
import { reconcile } from './maintenance/reconcile.ts'
import { refreshAhead } from './maintenance/refresh-ahead.ts'
import { revoke } from './maintenance/revoke.ts'
import { sweepOutgoing } from './maintenance/sweep-outgoing.ts'
import { plan } from './planning/plan.ts'
import { pull } from './pulls/pull.ts'
import type { PullServices } from './pulls/pull-services.ts'
import type { EventPump, EventPumpServices } from './webhooks/event-pump.ts'
import { startEvents } from './webhooks/start-events.ts'

export interface RunningWorkers extends JobWorker {
  countRunningJobs: () => number
}

export interface WorkersOptions {
  runtime: Pick<Runtime, 'queueBackend' | 'pullQueue'>
  services: DeliverServices & PullServices & EventPumpServices
  reconcileEveryMs: number
}

/**
 * Jobs of a provider that claim at a time, for named users and for broadcasts each. A job ends when its deliveries have begun or
 * wait for a slot, so this does not bound the requests in flight.
 */
const claimsAtATime = 3
const maintainQueue = 'maintain'
const maxScheduleCheckMs = 10_000
/** Scheduled tasks. One worker at a time runs each. */
const tasks = {
  reconcile,
  refreshAhead,
  revoke,
  keepPartitions,
  keepEvents,
  sweepAudit: ({ database, auditRetentionDays }) => sweepAudit(database, auditRetentionDays),
  sweepOutgoing,
  deleteUsers,
  sweepIdempotencyKeys: ({ database }) => sweepKeys(database),
  sweepEndpointDeliveries: ({ database, eventRetentionDays }) => sweepEndpointDeliveries(database, eventRetentionDays),
  sendEvents: (_services, events) => events.wake(),
  handleNotices: handleWaiting
} satisfies Record<string, (services: DeliverServices, events: EventPump) => Promise<unknown>>

type Task = keyof typeof tasks

/** Starts the workers of every queue. `close` waits for the jobs that run. */
export function startWorkers ({ runtime, services, reconcileEveryMs }: WorkersOptions): RunningWorkers {
  const { pullQueue } = runtime
  const { backend, countRunningJobs } = countJobs(runtime.queueBackend)
  const { database, queues, leaseMs, log } = services
  const maintenance = backend.openQueue<object>(maintainQueue)
  const delivering = { concurrency: claimsAtATime, lockMs: leaseMs }
  const batches = createBatchRunner(log)
  const events = startEvents(runtime, services)
  const workers = [
    ...[...queues.deliver.keys()].flatMap((provider) => [
      backend.openWorker<DeliverJob>(deliverQueueName(provider), (job) =>
        batches.run((onStarted) => deliver(services, provider, job, onStarted)), delivering),
      backend.openWorker<SegmentJob>(broadcastQueueName(provider), (job) =>
        batches.run((onStarted) => deliverSegment(services, provider, job, onStarted)), delivering)
    ]),
    backend.openWorker<PlanJob>(planQueueName, (job) =>
      retryWithLongTimeout(database, (own) => plan({ ...services, database: own }, job)), { concurrency: 2, lockMs: leaseMs }),
    backend.openWorker<WakeJob>(wakeQueueName, async ({ provider }) => {
      await dispatchWaiting(database, queues, [provider])
    }, { concurrency: 4, lockMs: leaseMs }),
    backend.openWorker<{ task: Task }>(
      maintainQueue, async ({ task }) => { await tasks[task](services, events) }, { concurrency: 3, lockMs: leaseMs }),
    // Pulls have their own queue, because they are slow and must not delay the other tasks.
    backend.openWorker<PullJob>(pullQueueName, async () => { await pull(services) }, { concurrency: 1, lockMs: leaseMs })
  ]

  // A queue that lost its data has lost its schedules too, so they are added again.
  const onError = logRepeats(log, 'warn', 'could not schedule a task')
  const schedule = (): void => {
    for (const task of Object.keys(tasks)) {
      maintenance.schedule(task, reconcileEveryMs, { task }).catch(onError)
    }
    pullQueue.schedule('pull', reconcileEveryMs, {}).catch(onError)
  }
  schedule()
  const scheduling = setInterval(schedule, Math.min(reconcileEveryMs, maxScheduleCheckMs))
  // A crashed worker may have left deliveries.
  maintenance.add([{ id: `start-${newId()}`, data: { task: 'reconcile' satisfies Task } }])
    .catch((error: unknown) => log.warn({ err: error }, 'could not reconcile at the start'))

  return {
    countRunningJobs: () => countRunningJobs() + batches.countDetached(),
    close: async () => {
      clearInterval(scheduling)
      await Promise.all([events, ...workers].map((worker) => worker.close()))
      await batches.end()
      await maintenance.close()
    }
  }
}
