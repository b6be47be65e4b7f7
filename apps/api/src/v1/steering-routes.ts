import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { publicId, runPatiently } from '@carillon/shared/db'
import {
  cancelNotification, dispatchWaiting, enqueueSegments, pauseNotification, resumeNotification, retryFailed
} from '@carillon/shared/notifications'
import type { Notification, Steered } from '@carillon/shared/notifications'
import { Problem } from '../problems/problem.ts'
import type { Services } from '../services.ts'
import { idParams } from './fields.ts'
import { requireNotification } from './require-notification.ts'
import { shownNotification, toShownNotification } from './shown-notification.ts'

/** What can be done with a notification that is under way. Each answers the notification as it is then. */
export function steeringRoutes (services: Services): FastifyPluginAsyncTypebox {
  const { database, queues, log, now } = services
  const steps = {
    pause: { operationId: 'pauseNotification', summary: 'Hold what is not being sent this moment', take: pause },
    resume: { operationId: 'resumeNotification', summary: 'Go on with what was held', take: resume },
    cancel: { operationId: 'cancelNotification', summary: 'End it: what is not being sent this moment will not be', take: cancel },
    retry: { operationId: 'retryNotification', summary: 'Try again what has failed, and what nobody knows the end of', take: retry }
  }

  return async (app) => {
    for (const [name, { operationId, summary, take }] of Object.entries(steps)) {
      app.post(`/notifications/:id/${name}`, {
        config: { callers: { scope: 'notifications:write' } },
        schema: { operationId, tags: ['notifications'], summary, params: idParams, response: { 200: shownNotification } }
      }, async ({ params }) => {
        const { segments } = await take(await requireNotification(services, params.id))
        await requeue(segments)
        return toShownNotification(await requireNotification(services, params.id))
      })
    }
  }

  async function pause (notification: Notification): Promise<Steered> {
    if (notification.isOver) throw wrongStatus(notification, 'It is over: there is nothing to hold')
    return await runPatiently(database, (own) => pauseNotification(own, notification.id)) ?? changedMeanwhile(notification, 'Only what is not paused or canceled can be paused')
  }

  async function resume (notification: Notification): Promise<Steered> {
    return await runPatiently(database, (own) => resumeNotification(own, notification.id)) ?? changedMeanwhile(notification, 'Only what is paused can be resumed')
  }

  async function cancel (notification: Notification): Promise<Steered> {
    if (notification.status === 'completed') throw wrongStatus(notification, 'It is completed: there is nothing to cancel')
    return await runPatiently(database, (own) => cancelNotification(own, notification.id)) ?? changedMeanwhile(notification, 'It is canceled already')
  }

  async function retry (notification: Notification): Promise<Steered> {
    const { id, status, expiresAt } = notification
    if (status === 'canceled') throw wrongStatus(notification, 'It is canceled: nothing of it is tried again')
    if (expiresAt !== null && expiresAt.getTime() <= now()) throw new Problem('nothingToRetry', `It has expired at ${expiresAt.toISOString()}`)
    if (await runPatiently(database, (own) => retryFailed(own, id)) === 0) throw new Problem('nothingToRetry', 'No delivery of it is failed or unknown')
    return { segments: [] }
  }

  /** The notification may have changed since we looked: what it is now is the reason. */
  async function changedMeanwhile ({ id }: Notification, detail: string): Promise<never> {
    throw wrongStatus(await requireNotification(services, publicId('notification', id)), detail)
  }

  /** The rows are committed and tell when they are due: a queue that is away only makes them wait for reconcile. */
  async function requeue (segments: Steered['segments']): Promise<void> {
    await Promise.all([enqueueSegments(queues, segments), dispatchWaiting(database, queues)])
      .catch((error: unknown) => log.warn({ err: error }, 'what was steered waits for reconcile'))
  }
}

function wrongStatus ({ status }: Notification, detail: string): Problem {
  return new Problem('wrongStatus', detail, { reason: status })
}
