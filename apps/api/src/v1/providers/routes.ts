import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { listProviderStates } from '@carillon/shared/deliveries'
import type { HostState } from '@carillon/shared/throttling'
import type { Services } from '../../services.ts'
import { providerResponse, toBreakerResponse } from './response.ts'

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
        data: states.map(({ provider: id, hosts, waiting }) => {
          const own = hosts.find(({ host }) => host === '') ?? healthy
          return {
            provider: id,
            name: providers.get(id)?.name ?? id,
            canSend: providers.get(id)?.send !== undefined,
            breakers: [own, ...hosts.filter((other) => other !== own)].map(toBreakerResponse),
            limits: { perSecond: perSecond.get(id) ?? null, silentUntil: toBreakerResponse(own).silentUntil },
            waiting
          }
        })
      }
    })
  }
}

const healthy: HostState = { host: '', breaker: 'closed', reason: null, isMisconfigured: false, openedAt: null, retryAt: null, silentUntil: null }
