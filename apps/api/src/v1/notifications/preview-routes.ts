import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { previewAudience } from '@carillon/shared/notifications'
import { providerErrors } from '../../notifications/input-errors.ts'
import { messageErrors } from '../../notifications/message-errors.ts'
import { previewMessage } from '../../notifications/preview-message.ts'
import { normalizeMessage } from '../../notifications/to-draft.ts'
import { assertNoInputErrors } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { requireBroadcast } from './require-broadcast.ts'
import { previewResponse, toProviderPreviewResponse } from './preview-response.ts'
import { notificationBodyLimit, previewBody } from './schema.ts'

export function previewRoutes ({ database, providers: clients, queues, perSecond }: Services): FastifyPluginAsyncTypebox {
  const senders = [...queues.deliver.keys()]

  return async (app) => {
    app.post('/notifications/preview', {
      bodyLimit: notificationBodyLimit,
      config: { callers: { scope: 'notifications:write' } },
      schema: {
        operationId: 'previewNotification',
        tags: ['notifications'],
        summary: 'Preview a notification',
        description: 'Whom it would reach now, how long that would take, and what its recipients would see.',
        body: previewBody,
        response: { 200: previewResponse }
      }
    }, async (request) => {
      const { audience, message, providers } = request.body
      assertNoInputErrors([
        ...message === undefined ? [] : messageErrors(message),
        ...providerErrors(providers ?? [], (id) => senders.includes(id))
      ])
      requireBroadcast(request, [audience])
      const preview = await previewAudience(database, audience, providers ?? senders, perSecond)
      const sent = message === undefined ? undefined : normalizeMessage(message)
      return {
        ...preview,
        total: preview.providers.reduce((sum, { reachable, parked }) => sum + reachable + parked, 0),
        providers: preview.providers.map((counted) =>
          toProviderPreviewResponse(counted, sent && previewMessage(clients.get(counted.provider), sent)))
      }
    })
  }
}
