import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { listProviderStates } from '@carillon/shared/deliveries'
import type { Services } from '../../services.ts'
import { providerResponse, toProviderResponse } from './response.ts'

export function providerRoutes ({ database, perSecond, providers }: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/providers', {
      config: { callers: { scope: 'notifications:read' } },
      schema: {
        operationId: 'listProviders',
        tags: ['providers'],
        summary: 'List providers',
        description: 'With their breakers, limits and waiting deliveries.',
        response: { 200: Type.Object({ data: Type.Array(providerResponse) }, { title: 'ProviderStatusList' }) }
      }
    }, async () => {
      const states = await listProviderStates(database, [...providers.keys()])
      return {
        data: states.map((state) => toProviderResponse({
          ...state,
          name: providers.get(state.provider)?.name ?? state.provider,
          canSend: providers.get(state.provider)?.send !== undefined,
          perSecond: perSecond.get(state.provider) ?? null
        }))
      }
    })
  }
}
