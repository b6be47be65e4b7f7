import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { actorOf } from '../../auth/callers.ts'
import { createControls } from '../../notifications/control-notification.ts'
import { requireNotification } from '../../notifications/require-notification.ts'
import type { Services } from '../../services.ts'
import { idParams } from '../../input/fields.ts'
import { notificationResponse, toNotificationResponse } from './response.ts'

const actions = {
  pause: { operationId: 'pauseNotification', summary: 'Pause a notification' },
  resume: { operationId: 'resumeNotification', summary: 'Resume a paused notification' },
  cancel: { operationId: 'cancelNotification', summary: 'Cancel a notification' },
  retry: { operationId: 'retryNotification', summary: 'Retry failed and unknown deliveries' }
} as const

/** Actions on a notification. Each responds with the notification as it is afterwards. */
export function controlRoutes (services: Services): FastifyPluginAsyncTypebox {
  const controls = createControls(services)

  return async (app) => {
    for (const name of Object.keys(actions) as Array<keyof typeof actions>) {
      app.post(`/notifications/:id/${name}`, {
        config: { callers: { scope: 'notifications:write' }, problems: ['wrongStatus', ...name === 'retry' ? ['nothingToRetry'] as const : []] },
        schema: { ...actions[name], tags: ['notifications'], params: idParams, response: { 200: notificationResponse } }
      }, async (request) => {
        const { id } = request.params
        await controls.requeue(await controls[name](await requireNotification(services, id), actorOf(request)))
        return toNotificationResponse(await requireNotification(services, id))
      })
    }
  }
}
