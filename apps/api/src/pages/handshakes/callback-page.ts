import type { FastifyInstance } from 'fastify'
import { receiveCallback } from '../../handshakes/redirect/receive-callback.ts'
import type { RedirectFlow } from '../../handshakes/redirect/redirect-flow.ts'
import { isNavigation } from '../browser/is-navigation.ts'
import { costs } from '../../rate-limits/costs.ts'
import type { ProviderContext } from '../provider-context.ts'

/** `/callback`: the provider sends the browser here. Every later request of the same browser is sent the outcome. */
export function addCallbackPage (
  scope: FastifyInstance, { provider, services, cookies, replies }: ProviderContext, flow: RedirectFlow
): void {
  // A HEAD request would use the handshake up for a response that no person sees.
  scope.get('/callback', { config: { cost: costs.outgoing }, schema: { hide: true }, exposeHeadRoute: false }, async (request, reply) => {
    if (!isNavigation(request)) return replies.refuse(reply, 'notNavigation')
    const result = await receiveCallback(services, provider, flow, { query: request.query, browser: cookies.read(request) })
    switch (result.kind) {
      case 'refused': return replies.refuse(reply, result.reason)
      case 'ended': return replies.end(reply, result.handshake, result.outcome)
      case 'held': return replies.toAccountPage(reply, result.handshake)
      case 'used': return await replies.awaitEnd(reply, result.handshake)
    }
  })
}
