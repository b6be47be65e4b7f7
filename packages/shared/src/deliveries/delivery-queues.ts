import type { JobQueue, QueueBackend } from '../queue/index.ts'

/** Deliveries that one job carries at most. */
export const deliveriesPerJob = 500

/** One delivery, by its key: a notification's UUID and a connection's. */
export type DeliveryKey = [notificationId: string, connectionId: string]

/** Deliveries that have rows, to be sent now. */
export interface DeliverJob {
  deliveries: DeliveryKey[]
}

/** A part of a broadcast that has no rows yet. */
export interface SegmentJob {
  notificationId: string
  number: number
}

/** A broadcast that is to be cut into segments. */
export interface PlanJob {
  notificationId: string
}

/** What has fallen due at a provider is to be given jobs. */
export interface WakeJob {
  provider: string
}

/**
 * Where work waits. Each provider has two queues of its own, so that a slow one delays no other, and so that what is sent to
 * people by name never stands in line behind a broadcast.
 */
export interface DeliveryQueues {
  deliver: ReadonlyMap<string, JobQueue<DeliverJob>>
  broadcast: ReadonlyMap<string, JobQueue<SegmentJob>>
  plan: JobQueue<PlanJob>
  wake: JobQueue<WakeJob>
  close: () => Promise<void>
}

export const planQueueName = 'plan'
export const wakeQueueName = 'wake'

export function deliverQueueName (provider: string): string {
  return `deliver-${provider}`
}

export function broadcastQueueName (provider: string): string {
  return `broadcast-${provider}`
}

/** Opens the queues of `providers`, which are those that can send. */
export function openDeliveryQueues (backend: QueueBackend, providers: Iterable<string>): DeliveryQueues {
  const ids = [...providers]
  const deliver = new Map(ids.map((id) => [id, backend.openQueue<DeliverJob>(deliverQueueName(id))]))
  const broadcast = new Map(ids.map((id) => [id, backend.openQueue<SegmentJob>(broadcastQueueName(id))]))
  const plan = backend.openQueue<PlanJob>(planQueueName)
  const wake = backend.openQueue<WakeJob>(wakeQueueName)
  return {
    deliver,
    broadcast,
    plan,
    wake,
    close: async () => {
      for (const queue of [...deliver.values(), ...broadcast.values(), plan, wake]) await queue.close()
    }
  }
}
