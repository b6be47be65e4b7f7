import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { previewAudience } from '@carillon/shared/notifications'
import { refuseFaults } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { exactly } from '../fields.ts'
import { newNotification, providerFaults } from './new-notification.ts'
import { requireBroadcast } from './require-broadcast.ts'

/** Ten thousand users of ids as long as most are, and room for the rest. */
const bodyLimit = 1024 * 1024

const { audience, providers } = newNotification.properties

const shownPreview = Type.Object({
  total: Type.Integer({ description: 'How many deliveries it would be: reachable and parked' }),
  providers: Type.Array(Type.Object({
    provider: Type.String(),
    reachable: Type.Integer({ description: 'Connections that it would go to' }),
    parked: Type.Integer({ description: 'Connections whose users have to connect again first' })
  })),
  unreachable: Type.Integer({ description: 'Users, named or of a team, who are unknown or have no connection that it could go to, and teams that are unknown' }),
  estimatedSeconds: Type.Union([Type.Integer(), Type.Null()], {
    description: 'From the limits that are configured, or from how fast the latest broadcasts were; null when there is neither'
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
        summary: 'Whom a notification would reach now, and how long that would take',
        body: exactly({ audience, providers }),
        response: { 200: shownPreview }
      }
    }, async (request) => {
      const { audience, providers } = request.body
      refuseFaults(providerFaults(providers ?? [], (id) => senders.includes(id)))
      requireBroadcast(request, [audience])
      const preview = await previewAudience(database, audience, providers ?? senders, perSecond)
      return { total: preview.providers.reduce((sum, { reachable, parked }) => sum + reachable + parked, 0), ...preview }
    })
  }
}
