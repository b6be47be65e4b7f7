import { recordAudit } from '@carillon/shared/audit'
import type { Actor, AuditAction } from '@carillon/shared/audit'
import { inTransaction, publicId, retryWithLongTimeout } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import {
  cancelNotification, dispatchWaiting, enqueueSegments, pauseNotification, resumeNotification, retryFailed
} from '@carillon/shared/deliveries'
import type { ReleasedSegments } from '@carillon/shared/deliveries'
import { isBroadcast } from '@carillon/shared/notifications'
import type { Notification } from '@carillon/shared/notifications'
import { Problem } from '../problems/problem.ts'
import type { Services } from '../services.ts'
import { requireNotification } from './require-notification.ts'

type Action = (notification: Notification, actor: Actor) => Promise<ReleasedSegments>

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

  async function pause (notification: Notification, actor: Actor): Promise<ReleasedSegments> {
    if (notification.isOver) throw wrongStatus(notification, 'The notification is over, so it cannot be paused')
    return await run({ notification, actor, action: 'notification.paused' }, pauseNotification) ??
      changedMeanwhile(notification, 'The notification is paused or canceled already')
  }

  async function resume (notification: Notification, actor: Actor): Promise<ReleasedSegments> {
    return await run({ notification, actor, action: 'notification.resumed' }, resumeNotification) ??
      changedMeanwhile(notification, 'The notification is not paused')
  }

  async function cancel (notification: Notification, actor: Actor): Promise<ReleasedSegments> {
    if (notification.status === 'completed') throw wrongStatus(notification, 'The notification is completed, so it cannot be canceled')
    return await run({ notification, actor, action: 'notification.canceled' }, cancelNotification) ??
      changedMeanwhile(notification, 'The notification is canceled already')
  }

  async function retry (notification: Notification, actor: Actor): Promise<ReleasedSegments> {
    const { status, expiresAt } = notification
    if (status === 'canceled') throw wrongStatus(notification, 'The notification is canceled, so its deliveries cannot be retried')
    if (expiresAt !== null && expiresAt.getTime() <= now()) throw new Problem('nothingToRetry', `The notification expired at ${expiresAt.toISOString()}`)
    const retried = await run({ notification, actor, action: 'notification.retried' }, async (tx, id) => await retryFailed(tx, id) === 0 ? undefined : true)
    if (retried === undefined) throw new Problem('nothingToRetry', 'No delivery of the notification is failed or unknown')
    return { segments: [] }
  }

  /** Runs the statement of an action, and records the action unless the statement changed nothing. */
  async function run<Result> (
    { notification: { id, audience }, actor, action }: { notification: Notification, actor: Actor, action: AuditAction },
    statement: (tx: Database, id: string) => Promise<Result | undefined>
  ): Promise<Result | undefined> {
    return await retryWithLongTimeout(database, (own) => inTransaction(own, async (tx) => {
      const result = await statement(tx, id)
      if (result === undefined) return undefined
      const details = isBroadcast(audience) ? { everyone: true } : {}
      await recordAudit(tx, { actor, action, target: { kind: 'notification', id }, details })
      return result
    }))
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
