import { publicId, retryWithLongTimeout } from '@carillon/shared/db'
import {
  cancelNotification, dispatchWaiting, enqueueSegments, pauseNotification, resumeNotification, retryFailed
} from '@carillon/shared/deliveries'
import type { ReleasedSegments } from '@carillon/shared/deliveries'
import type { Notification } from '@carillon/shared/notifications'
import { Problem } from '../problems/problem.ts'
import type { Services } from '../services.ts'
import { requireNotification } from './require-notification.ts'

type Action = (notification: Notification) => Promise<ReleasedSegments>

/** Actions on a notification. Each throws Problem `wrongStatus` or `nothingToRetry` when it is not possible. */
export interface Controls {
  pause: Action
  resume: Action
  cancel: Action
  retry: Action
  /** Enqueues what an action released. */
  requeue: (released: ReleasedSegments) => Promise<void>
}

export function createControls (services: Services): Controls {
  const { database, queues, log, now } = services
  return { pause, resume, cancel, retry, requeue }

  async function pause (notification: Notification): Promise<ReleasedSegments> {
    if (notification.isOver) throw wrongStatus(notification, 'The notification is over, so it cannot be paused')
    return await retryWithLongTimeout(database, (own) => pauseNotification(own, notification.id)) ?? changedMeanwhile(notification, 'The notification is paused or canceled already')
  }

  async function resume (notification: Notification): Promise<ReleasedSegments> {
    return await retryWithLongTimeout(database, (own) => resumeNotification(own, notification.id)) ?? changedMeanwhile(notification, 'The notification is not paused')
  }

  async function cancel (notification: Notification): Promise<ReleasedSegments> {
    if (notification.status === 'completed') throw wrongStatus(notification, 'The notification is completed, so it cannot be canceled')
    return await retryWithLongTimeout(database, (own) => cancelNotification(own, notification.id)) ?? changedMeanwhile(notification, 'The notification is canceled already')
  }

  async function retry (notification: Notification): Promise<ReleasedSegments> {
    const { id, status, expiresAt } = notification
    if (status === 'canceled') throw wrongStatus(notification, 'The notification is canceled, so its deliveries cannot be retried')
    if (expiresAt !== null && expiresAt.getTime() <= now()) throw new Problem('nothingToRetry', `The notification expired at ${expiresAt.toISOString()}`)
    if (await retryWithLongTimeout(database, (own) => retryFailed(own, id)) === 0) throw new Problem('nothingToRetry', 'No delivery of the notification is failed or unknown')
    return { segments: [] }
  }

  /** Another request changed the notification since it was read. The problem names its current status. */
  async function changedMeanwhile ({ id }: Notification, detail: string): Promise<never> {
    throw wrongStatus(await requireNotification(services, publicId('notification', id)), detail)
  }

  /** The rows are committed. If the queue is away, reconcile finds the ones that are due. */
  async function requeue ({ segments }: ReleasedSegments): Promise<void> {
    await Promise.all([enqueueSegments(queues, segments), dispatchWaiting(database, queues)])
      .catch((error: unknown) => log.warn({ err: error }, 'the notification waits for reconcile'))
  }
}

function wrongStatus ({ status }: Notification, detail: string): Problem {
  return new Problem('wrongStatus', detail, { reason: status })
}
