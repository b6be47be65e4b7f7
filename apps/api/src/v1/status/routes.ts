import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Services } from '../../services.ts'
import { createStatusReader } from '../../status/read-status.ts'
import { statusResponse, toStatusResponse } from './response.ts'

export function statusRoutes (services: Services): FastifyPluginAsyncTypebox {
  const readStatus = createStatusReader(services)
  return async (app) => {
    app.get('/status', {
      config: { callers: { scope: 'notifications:read' } },
      schema: {
        operationId: 'getStatus',
        tags: ['status'],
        summary: 'Retrieve the status',
        description: 'The workers, providers, queues and stores of the deployment, and what needs attention. At most one second old.',
        response: { 200: statusResponse }
      }
    }, async () => toStatusResponse(await readStatus()))
  }
}
