import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Services } from '../../services.ts'
import { readProviders } from '../../status/read-providers.ts'
import { providerResponse, toProviderResponse } from './response.ts'

export function providerRoutes (services: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/providers', {
      config: { callers: { scope: 'notifications:read' } },
      schema: {
        operationId: 'listProviders',
        tags: ['providers'],
        summary: 'List providers',
        description: 'With their breakers, limits, requests in flight and waiting deliveries.',
        response: { 200: Type.Object({ data: Type.Array(providerResponse) }, { title: 'ProviderStatusList' }) }
      }
    }, async () => ({ data: (await readProviders(services)).map(toProviderResponse) }))
  }
}
