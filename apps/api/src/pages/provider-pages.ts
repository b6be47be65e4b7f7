import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { HandshakeKind } from '@carillon/shared/handshakes'
import { isOwnHandshake, mayUseHandshake } from '../handshakes/browser-binding.ts'
import { isOver } from '../handshakes/outcome/handshake-outcome.ts'
import { callbackUrl } from '../handshakes/handshake-urls.ts'
import { createRedirectFlow } from '../handshakes/redirect/create-redirect-flow.ts'
import type { Services } from '../services.ts'
import { addAccountPage } from './handshakes/account-page.ts'
import { addAddressPage } from './handshakes/address-page.ts'
import { addAuthorization } from './handshakes/authorize-url.ts'
import { addBindRoute } from './browser/bind-route.ts'
import type { BrowserCookies } from './browser/browser-cookies.ts'
import { findNamedHandshake } from './browser/find-handshake.ts'
import { addCallbackPage } from './handshakes/callback-page.ts'
import { addCancelRoute } from './handshakes/cancel-form.ts'
import { addCodePage } from './handshakes/code-page.ts'
import { addDeletionPage } from './deletion-page.ts'
import { createHandshakeReplies } from './handshakes/handshake-replies.ts'
import type { ProviderContext, ShowStart } from './provider-context.ts'
import { addLinkPage } from './handshakes/link-page.ts'
import { addStartPage } from './handshakes/start-page.ts'
import { addSubscribePage } from './handshakes/subscribe-page.ts'
import { addVerifierPage } from './handshakes/verifier-page.ts'

type Starts = { [Kind in HandshakeKind]?: ShowStart }

/** The pages of each provider, under `/connect/<provider>`. */
export function providerPages (services: Services, cookies: BrowserCookies): FastifyPluginAsync {
  return async (app) => {
    for (const provider of services.providers.values()) {
      const context = { provider, services, cookies, replies: createHandshakeReplies(services, provider) }
      await app.register(pagesOf(context), { prefix: `/${provider.id}` })
    }
  }
}

function pagesOf (context: ProviderContext): FastifyPluginAsync {
  const { provider } = context
  return async (scope) => {
    const { code, redirect, verifier, oneTimeCode, address, link, subscribe } = provider.handshakes
    const starts: Starts = {}
    if ((code ?? redirect ?? verifier) !== undefined) starts.redirect = await addRedirectPages(scope, context)
    if (verifier !== undefined) starts.verifier = addVerifierPage(scope, context)
    if (oneTimeCode !== undefined) starts.code = addCodePage(scope, context)
    if (link !== undefined) starts.link = addLinkPage(scope, context)
    if (subscribe !== undefined) starts.subscribe = await addSubscribePage(scope, context, subscribe)
    if (address !== undefined) starts[address.sendCode === undefined ? 'paste' : 'confirm'] = addAddressPage(scope, context, address)
    addFirstPage(scope, context, starts)
    addBindRoute(scope, context)
    addCancelRoute(scope, context)
    addAccountPage(scope, context)
    if (provider.inbound !== undefined) addDeletionPage(scope, context)
  }
}

async function addRedirectPages (scope: FastifyInstance, context: ProviderContext): Promise<ShowStart> {
  const { provider, services } = context
  const flow = createRedirectFlow(provider, services)
  const { code } = provider.handshakes
  if (code !== undefined) await addAuthorization(scope, code, callbackUrl(services.site, provider.id))
  addCallbackPage(scope, context, flow)
  return addStartPage(scope, context, flow)
}

/** `GET /start`: the link that the site gives the user, for every kind of handshake. */
function addFirstPage (
  scope: FastifyInstance, { provider, services, cookies, replies }: ProviderContext, starts: Starts
): void {
  scope.get('/start', { schema: { hide: true } }, async (request, reply) => {
    const handshake = await findNamedHandshake(services, provider, request.query)
    const show = handshake === undefined ? undefined : starts[handshake.kind]
    if (handshake === undefined || show === undefined) return replies.refuse(reply, 'unknownHandshake')
    const browser = cookies.read(request)
    if (isOver(handshake)) {
      const isFinished = handshake.status !== 'expired' && isOwnHandshake(handshake, browser)
      return isFinished ? await replies.awaitEnd(reply, handshake) : replies.over(reply, handshake)
    }
    if (!mayUseHandshake(handshake, browser)) return replies.refuse(reply, 'foreignCookie')
    if (handshake.isObtained) return replies.toAccountPage(reply, handshake)
    if (handshake.team?.isOwn === false) return replies.refuse(reply, 'notOwner', handshake.returnTo)
    // With `no-referrer`, browsers send `Origin: null` with a form (Fetch §3.1), like a form of another site.
    reply.header('referrer-policy', 'same-origin')
    return show(request, reply, handshake)
  })
}
