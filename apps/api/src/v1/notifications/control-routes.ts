import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { publicId, runPatiently } from '@carillon/shared/db'
import {
  cancelNotification, dispatchWaiting, enqueueSegments, pauseNotification, resumeNotification, retryFailed
} from '@carillon/shared/deliveries'
import type { ReleasedSegments } from '@carillon/shared/deliveries'
import type { Notification } from '@carillon/shared/notifications'
import { Problem } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { idParams } from '../fields.ts'
import { requireNotification } from './require-notification.ts'
import { notificationResponse, toNotificationResponse } from './response.ts'

/** Actions on a notification. Each responds with the notification as it is afterwards. */
export function controlRoutes (services: Services): FastifyPluginAsyncTypebox {
  const { database, queues, log, now } = services
  const actions = {
    pause: { operationId: 'pauseNotification', summary: 'Pause a notification', run: pause },
    resume: { operationId: 'resumeNotification', summary: 'Resume a paused notification', run: resume },
    cancel: { operationId: 'cancelNotification', summary: 'Cancel a notification', run: cancel },
    retry: { operationId: 'retryNotification', summary: 'Retry failed and unknown deliveries', run: retry }
  }

  return async (app) => {
    for (const [name, { operationId, summary, run }] of Object.entries(actions)) {
      app.post(`/notifications/:id/${name}`, {
        config: { callers: { scope: 'notifications:write' } },
        schema: { operationId, tags: ['notifications'], summary, params: idParams, response: { 200: notificationResponse } }
      }, async ({ params }) => {
        const { segments } = await run(await requireNotification(services, params.id))
        await requeue(segments)
        return toNotificationResponse(await requireNotification(services, params.id))
      })
    }
  }

  async function pause (notification: Notification): Promise<ReleasedSegments> {
    if (notification.isOver) throw wrongStatus(notification, 'The notification is over, so it cannot be paused')
    return await runPatiently(database, (own) => pauseNotification(own, notification.id)) ?? changedMeanwhile(notification, 'The notification is paused or canceled already')
  }

  async function resume (notification: Notification): Promise<ReleasedSegments> {
    return await runPatiently(database, (own) => resumeNotification(own, notification.id)) ?? changedMeanwhile(notification, 'The notification is not paused')
  }

  async function cancel (notification: Notification): Promise<ReleasedSegments> {
    if (notification.status === 'completed') throw wrongStatus(notification, 'The notification is completed, so it cannot be canceled')
    return await runPatiently(database, (own) => cancelNotification(own, notification.id)) ?? changedMeanwhile(notification, 'The notification is canceled already')
  }

  async function retry (notification: Notification): Promise<ReleasedSegments> {
    const { id, status, expiresAt } = notification
    if (status === 'canceled') throw wrongStatus(notification, 'The notification is canceled, so its deliveries cannot be retried')
    if (expiresAt !== null && expiresAt.getTime() <= now()) throw new Problem('nothingToRetry', `The notification expired at ${expiresAt.toISOString()}`)
    if (await runPatiently(database, (own) => retryFailed(own, id)) === 0) throw new Problem('nothingToRetry', 'No delivery of the notification is failed or unknown')
    return { segments: [] }
  }

  /** Another request changed the notification since it was read. The problem names its current status. */
  async function changedMeanwhile ({ id }: Notification, detail: string): Promise<never> {
    throw wrongStatus(await requireNotification(services, publicId('notification', id)), detail)
  }

  /** The rows are committed. If the queue is away, reconcile finds the ones that are due. */
  async function requeue (segments: ReleasedSegments['segments']): Promise<void> {
    await Promise.all([enqueueSegments(queues, segments), dispatchWaiting(database, queues)])
      .catch((error: unknown) => log.warn({ err: error }, 'the notification waits for reconcile'))
  }
}

function wrongStatus ({ status }: Notification, detail: string): Problem {
  return new Problem('wrongStatus', detail, { reason: status })
}
