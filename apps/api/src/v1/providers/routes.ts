import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { listProviderStates } from '@carillon/shared/deliveries'
import type { HostState } from '@carillon/shared/throttling'
import type { Services } from '../../services.ts'
import { nullable, timeField } from '../fields.ts'

const shownBreaker = Type.Object({
  host: Type.Union([Type.String(), Type.Null()], { description: "A host that users have chosen; null is the provider's own" }),
  state: Type.Enum(['closed', 'open', 'probing'], { description: 'While it is `open` nothing is sent, and no attempt is spent' }),
  reason: nullable(Type.String()),
  openedAt: nullable(timeField),
  retryAt: Type.Union([timeField, Type.Null()], { description: 'When a single request is let through to see whether the host is well again' }),
  silentUntil: Type.Union([timeField, Type.Null()], { description: 'Until when the host has asked to be left alone' })
})

const shownProvider = Type.Object({
  provider: Type.String(),
  name: Type.String(),
  canSend: Type.Boolean(),
  breakers: Type.Array(shownBreaker, { description: "The provider's own, and those of hosts that something is the matter with" }),
  limits: Type.Object({
    perSecond: Type.Union([Type.Integer(), Type.Null()], { description: 'Requests that all workers send together at most, as configured' }),
    silentUntil: Type.Union([timeField, Type.Null()], { description: 'Until when the provider has asked to be left alone' })
  }),
  waiting: Type.Object({
    due: Type.Integer({ description: 'Deliveries that could go now' }),
    later: Type.Integer({ description: 'Scheduled, held, or to be tried again' }),
    broadcast: Type.Integer({ description: 'Of broadcasts, what has not been begun' })
  })
})

export function providerRoutes ({ database, perSecond, providers }: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/providers', {
      config: { callers: { scope: 'notifications:read' } },
      schema: {
        operationId: 'listProviders',
        tags: ['providers'],
        summary: 'How the providers are: breakers, limits, and what waits',
        response: { 200: Type.Object({ data: Type.Array(shownProvider) }) }
      }
    }, async () => {
      const states = await listProviderStates(database, [...providers.keys()])
      return {
        data: states.map(({ provider: id, hosts, waiting }) => {
          const own = hosts.find(({ host }) => host === '') ?? well
          return {
            provider: id,
            name: providers.get(id)?.name ?? id,
            canSend: providers.get(id)?.send !== undefined,
            breakers: [own, ...hosts.filter((other) => other !== own)].map(toShownBreaker),
            limits: { perSecond: perSecond.get(id) ?? null, silentUntil: toShownBreaker(own).silentUntil },
            waiting
          }
        })
      }
    })
  }
}

const well: HostState = { host: '', breaker: 'closed', reason: null, openedAt: null, retryAt: null, silentUntil: null }

function toShownBreaker ({ host, breaker, reason, openedAt, retryAt, silentUntil }: HostState): Static<typeof shownBreaker> {
  return {
    host: host === '' ? null : host,
    state: breaker,
    reason,
    openedAt: openedAt?.toISOString() ?? null,
    retryAt: retryAt?.toISOString() ?? null,
    silentUntil: silentUntil?.toISOString() ?? null
  }
}
