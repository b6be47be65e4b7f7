import type { JobQueue, QueueBackend } from '../queue/index.ts'

/** The maximum number of deliveries in one job. */
export const deliveriesPerJob = 500

/** One delivery, by its key: a notification's UUID and a connection's. */
export type DeliveryKey = [notificationId: string, connectionId: string]

/** Deliveries with rows, which the worker sends now. */
export interface DeliverJob {
  deliveries: DeliveryKey[]
}

/** A part of a broadcast whose deliveries have no rows yet. */
export interface SegmentJob {
  notificationId: string
  number: number
}

/** A broadcast that the worker divides into segments. */
export interface PlanJob {
  notificationId: string
}

/** Creates jobs for the deliveries that are due at a provider. */
export interface WakeJob {
  provider: string
}

/**
 * The queues of the work. Each provider has two of its own. A slow provider delays no other, and notifications for named users
 * do not wait behind a broadcast.
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

/** Opens the queues of `providers`, all of which can send. */
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
