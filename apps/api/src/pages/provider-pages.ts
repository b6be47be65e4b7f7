import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { Handshake, HandshakeKind } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import type { Services } from '../services.ts'
import { addAccountPages } from './account-pages.ts'
import { accountUrl } from '../handshakes/addresses.ts'
import { addBind } from './browser/bind-route.ts'
import type { BrowserCookies } from './browser/browser-cookies.ts'
import { addCodePages } from './code-pages.ts'
import { createEndings, isOver } from './endings.ts'
import { findNamedHandshake } from './browser/find-handshake.ts'
import { mayHold } from './browser/hold-handshake.ts'
import { addNotices } from '../inbound/notice-routes.ts'
import { sendFailure } from './outcome-pages.ts'
import { addRedirect } from './redirect/redirect-pages.ts'
import { addVerifierPages } from './verifier-pages.ts'

/** Shows how a pending handshake begins. */
export type ShowStart = (request: FastifyRequest, reply: FastifyReply, handshake: Handshake) => FastifyReply

/** `/connect/<provider>/start` and what follows it, for each provider and each of its ways in. */
export function providerPages (services: Services, browser: BrowserCookies): FastifyPluginAsync {
  return async (app) => {
    for (const provider of services.providers.values()) {
      await app.register(ofProvider(provider, services, browser), { prefix: `/${provider.id}` })
    }
  }
}

function ofProvider (provider: Provider, services: Services, browser: BrowserCookies): FastifyPluginAsync {
  return async (scope) => {
    const { site } = services
    const endings = createEndings(services, provider)
    const { code, verifier, oneTimeCode } = provider.handshakes
    const starts: { [Kind in HandshakeKind]?: ShowStart } = {}
    if ((code ?? verifier) !== undefined) starts.redirect = await addRedirect(scope, provider, browser, services, endings)
    if (verifier !== undefined) starts.verifier = addVerifierPages(scope, provider, browser, services, endings)
    if (oneTimeCode !== undefined) starts.code = addCodePages(scope, provider, browser, services, endings)

    addBind(scope, provider, browser, services)
    addAccountPages(scope, provider, browser, services, endings)
    if (provider.notices !== undefined) addNotices(scope, provider, provider.notices, services)

    scope.get('/start', { schema: { hide: true } }, async (request, reply) => {
      const handshake = await findNamedHandshake(services, provider, request.query)
      const show = handshake === undefined ? undefined : starts[handshake.kind]
      if (handshake === undefined || show === undefined) return sendFailure(reply, 'unknownHandshake', { site, provider })
      if (isOver(handshake)) return endings.over(reply, handshake)
      if (!mayHold(request, handshake, browser)) return sendFailure(reply, 'foreignCookie', { site, provider })
      if (handshake.isObtained) return reply.redirect(accountUrl(site, provider.id, handshake.id), 303)
      if (handshake.team?.isOwn === false) return sendFailure(reply, 'notOwner', { site, provider, backTo: handshake.returnTo })
      // With `no-referrer`, browsers send `Origin: null` along with a form (Fetch §3.1), as if it came from elsewhere.
      reply.header('referrer-policy', 'same-origin')
      return show(request, reply, handshake)
    })
  }
}
