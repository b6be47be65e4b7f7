import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { previewAudience } from '@carillon/shared/notifications'
import { assertNoInputErrors } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { exactly } from '../fields.ts'
import { notificationBody, providerErrors } from './new-notification.ts'
import { requireBroadcast } from './require-broadcast.ts'

/** 10,000 users with ids of common length, and the other fields. */
const bodyLimit = 1024 * 1024

const { audience, providers } = notificationBody.properties

const previewResponse = Type.Object({
  total: Type.Integer({ description: 'The number of deliveries: reachable and parked' }),
  providers: Type.Array(Type.Object({
    provider: Type.String(),
    reachable: Type.Integer({ description: 'Connections that would get it' }),
    parked: Type.Integer({ description: 'Connections whose users have to reconnect first' })
  })),
  unreachable: Type.Integer({ description: 'Users without a connection for it, unknown users, and unknown teams' }),
  estimatedSeconds: Type.Union([Type.Integer(), Type.Null()], {
    description: 'Estimated from the configured limits, or from the speed of the latest broadcasts. Null when neither is known'
  })
})

export function previewRoutes ({ database, queues, perSecond }: Services): FastifyPluginAsyncTypebox {
  const senders = [...queues.deliver.keys()]

  return async (app) => {
    app.post('/notifications/preview', {
      bodyLimit,
      config: { callers: { scope: 'notifications:write' } },
      schema: {
        operationId: 'previewNotification',
        tags: ['notifications'],
        summary: 'Preview whom a notification would reach now, and how long it would take',
        body: exactly({ audience, providers }),
        response: { 200: previewResponse }
      }
    }, async (request) => {
      const { audience, providers } = request.body
      assertNoInputErrors(providerErrors(providers ?? [], (id) => senders.includes(id)))
      requireBroadcast(request, [audience])
      const preview = await previewAudience(database, audience, providers ?? senders, perSecond)
      return { total: preview.providers.reduce((sum, { reachable, parked }) => sum + reachable + parked, 0), ...preview }
    })
  }
}
