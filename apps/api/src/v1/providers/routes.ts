import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { listProviderStates } from '@carillon/shared/deliveries'
import type { HostState } from '@carillon/shared/throttling'
import type { Services } from '../../services.ts'
import { nullable, timeField } from '../../input/fields.ts'

const breakerResponse = Type.Object({
  host: Type.Union([Type.String(), Type.Null()], { description: "A host that users chose. Null is the provider's own host" }),
  state: Type.Enum(['closed', 'open', 'probing'], { description: 'While it is `open`, no requests are sent and no attempts are used' }),
  reason: nullable(Type.String()),
  openedAt: nullable(timeField),
  retryAt: Type.Union([timeField, Type.Null()], { description: 'When a single request tests whether the host works again' }),
  silentUntil: Type.Union([timeField, Type.Null()], { description: 'When the rate limit of the host ends' })
})

const providerResponse = Type.Object({
  provider: Type.String(),
  name: Type.String(),
  canSend: Type.Boolean(),
  breakers: Type.Array(breakerResponse, { description: "The breaker of the provider's own host, and the breakers of other hosts with errors or limits" }),
  limits: Type.Object({
    perSecond: Type.Union([Type.Integer(), Type.Null()], { description: 'The configured limit of requests that all workers send together' }),
    silentUntil: Type.Union([timeField, Type.Null()], { description: 'When the rate limit of the provider ends' })
  }),
  waiting: Type.Object({
    due: Type.Integer({ description: 'Deliveries that are due now' }),
    later: Type.Integer({ description: 'Deliveries that are scheduled, paused, or wait for a retry' }),
    broadcast: Type.Integer({ description: 'Deliveries of broadcasts that were not started' })
  })
}, { title: 'ProviderStatus' })

export function providerRoutes ({ database, perSecond, providers }: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/providers', {
      config: { callers: { scope: 'notifications:read' } },
      schema: {
        operationId: 'listProviders',
        tags: ['providers'],
        summary: 'List the providers with their breakers, limits and waiting deliveries',
        response: { 200: Type.Object({ data: Type.Array(providerResponse) }) }
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

const healthy: HostState = { host: '', breaker: 'closed', reason: null, openedAt: null, retryAt: null, silentUntil: null }

function toBreakerResponse (
  { host, breaker, reason, openedAt, retryAt, silentUntil }: HostState
): Static<typeof breakerResponse> {
  return {
    host: host === '' ? null : host,
    state: breaker,
    reason,
    openedAt: openedAt?.toISOString() ?? null,
    retryAt: retryAt?.toISOString() ?? null,
    silentUntil: silentUntil?.toISOString() ?? null
  }
}
