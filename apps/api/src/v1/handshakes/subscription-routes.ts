import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { isOver } from '../../handshakes/outcome/handshake-outcome.ts'
import { submitSubscription } from '../../handshakes/submit-subscription.ts'
import { idParams, providerField } from '../../input/fields.ts'
import { invalidInput, notFound } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { findOfKind, findOwnHandshake } from './find-own-handshake.ts'
import { toFailedProblem, toOverProblem } from './problems.ts'
import { handshakeResponse, toHandshakeResponse } from './response.ts'
import { pushKeyResponse, subscriptionBody } from './schema.ts'

/** The routes for browsers that subscribe to push messages. */
export function subscriptionRoutes (services: Services): FastifyPluginAsyncTypebox {
  const { providers, site } = services
  return async (app) => {
    app.get('/:provider/key', {
      config: { callers: { user: true } },
      schema: {
        operationId: 'getPushKey',
        tags: ['handshakes'],
        summary: 'Retrieve the key for push subscriptions',
        description: 'The public key with which a browser subscribes, for providers of the kind `subscribe`.',
        params: Type.Object({ provider: providerField }),
        response: { 200: pushKeyResponse }
      }
    }, async (request) => {
      const subscribe = providers.get(request.params.provider)?.handshakes.subscribe
      if (subscribe === undefined) throw notFound('provider of the kind subscribe')
      const [publicKey, ...earlierKeys] = subscribe.publicKeys
      return { publicKey, earlierKeys }
    })

    app.post('/handshakes/:id/subscription', {
      config: { callers: { user: true }, problems: ['handshakeOver', 'handshakeFailed'] },
      schema: {
        operationId: 'submitSubscription',
        tags: ['handshakes'],
        summary: 'Submit a push subscription',
        description: "Connects the user's browser. The body has the format of `PushSubscription.toJSON()`.",
        params: idParams,
        body: subscriptionBody,
        response: { 200: handshakeResponse }
      }
    }, async (request) => {
      const { handshake, provider } = await findOfKind(services, ['subscribe'], request, request.params.id)
      if (isOver(handshake)) throw toOverProblem(handshake)
      const result = await submitSubscription(services, provider, handshake, request.body)
      if (result.kind === 'wrong') throw invalidInput([{ path: 'endpoint', message: `is not accepted: ${result.reason}` }])
      if (result.kind === 'failed') throw toFailedProblem(result.reason, provider, site)
      const current = await findOwnHandshake(services, request, request.params.id)
      if (result.kind === 'over') throw toOverProblem(current)
      return toHandshakeResponse(services, current)
    })
  }
}
