import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { previewAudience } from '@carillon/shared/notifications'
import { providerErrors } from '../../notifications/input-errors.ts'
import { assertNoInputErrors } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { requireBroadcast } from './require-broadcast.ts'
import { previewResponse } from './response.ts'
import { previewBody } from './schema.ts'

/** 10,000 users with ids of common length, and the other fields. */
const bodyLimit = 1024 * 1024

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
        body: previewBody,
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
