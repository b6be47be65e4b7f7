import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { publicId } from '@carillon/shared/db'
import { TokensRevokedError } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { isOwnHandshake, newBrowserSecret } from '../../handshakes/browser-binding.ts'
import { startUrl } from '../../handshakes/handshake-urls.ts'
import { reopenHandshake } from '../../handshakes/open-handshake.ts'
import { confirmRedirect } from '../../handshakes/redirect/confirm-redirect.ts'
import type { RedirectFlow } from '../../handshakes/redirect/redirect-flow.ts'
import { textIn } from '../../handshakes/text-in.ts'
import { findNamedHandshake } from '../browser/find-handshake.ts'
import { isSameOrigin } from '../browser/same-origin.ts'
import { cancelForm } from './cancel-form.ts'
import { headingOf, warningOf } from './handshake-texts.ts'
import { foreign, html } from '../html.ts'
import { sendPage } from '../page.ts'
import { costs } from '../../rate-limits/costs.ts'
import type { ProviderContext, ShowStart } from '../provider-context.ts'

/**
 * `/start` of a redirect: shows who is about to connect what, so that a forwarded link does not bind the account of another
 * person. The form on the page binds the handshake to the browser and sends the browser to the provider.
 */
export function addStartPage (scope: FastifyInstance, context: ProviderContext, flow: RedirectFlow): ShowStart {
  const { provider, services, cookies, replies } = context
  const { site } = services

  scope.post('/start', { config: { cost: costs.outgoing }, schema: { hide: true } }, async (request, reply) => {
    const handshake = await findNamedHandshake(services, provider, request.body, 'redirect')
    if (handshake === undefined) return replies.refuse(reply, 'unknownHandshake')
    if (!isSameOrigin(request, site)) return replies.refuse(reply, 'notSameOrigin')
    const browser = cookies.read(request)
    const result = await confirmRedirect({ services, provider, flow }, handshake, {
      browser, form: textIn(request.body, 'form') || undefined, toAuthorizeUrl: async (state) => await toAuthorizeUrl(request, reply, state)
    })
    if ('secret' in result && result.secret !== undefined) cookies.set(request, reply, handshake.id, result.secret)
    switch (result.kind) {
      case 'redirect': return reply.redirect(result.url, 303)
      case 'failed': return replies.end(reply, handshake, { kind: 'failed', reason: result.reason })
      case 'otherBrowser': return replies.refuse(reply, 'foreignCookie')
      case 'over': return isOwnHandshake(result.handshake, browser) || result.handshake.isObtained
        ? await replies.awaitEnd(reply, result.handshake)
        : replies.over(reply, result.handshake)
    }
  })

  // For permissions that the user did not give. Only the browser that connected may ask for them again.
  scope.post('/again', { config: { cost: costs.outgoing }, schema: { hide: true } }, async (request, reply) => {
    const handshake = await findNamedHandshake(services, provider, request.body, 'redirect')
    if (handshake === undefined || handshake.status !== 'completed') return replies.refuse(reply, 'unknownHandshake')
    if (!isSameOrigin(request, site)) return replies.refuse(reply, 'notSameOrigin')
    if (!isOwnHandshake(handshake, cookies.read(request))) return replies.refuse(reply, 'foreignCookie')
    if (handshake.team?.isOwn === false) return replies.refuse(reply, 'notOwner')
    const opened = await reopenHandshake(services, provider, handshake).catch((error: unknown) => {
      if (error instanceof TokensRevokedError) return undefined
      throw error
    })
    if (opened === undefined) return replies.refuse(reply, 'tokensRevoked')
    cookies.set(request, reply, opened.id, opened.secret)
    return reply.redirect(startUrl(site, provider.id, opened.id), 303)
  })

  async function toAuthorizeUrl (request: FastifyRequest, reply: FastifyReply, state: string): Promise<string> {
    request.handshakeState = state
    return await scope.authorization.generateAuthorizationUri(request, reply)
  }

  return (_request, reply, handshake) => sendPage(reply, 200, {
    title: `Connect ${provider.name}`,
    publicUrl: site.publicUrl,
    content: contentOf(handshake)
  })

  function contentOf (handshake: Handshake) {
    const { id, account, team } = handshake
    const use = team === null ? 'can send notifications to your account there' : html`can use your account there for everyone in ${foreign(team.name)}`
    return html`
      <h1>${headingOf(handshake, provider, site)}</h1>
      <p>${provider.name} asks you to allow access${account === null ? '' : html` for <strong>${foreign(account)}</strong>`}. After that, <em>${foreign(site.name)}</em> ${use}.</p>
      <p class="soft">${warningOf(handshake, site)}</p>
      <form class="buttons" method="post" action="${site.publicUrl}/connect/${provider.id}/start">
        <input type="hidden" name="handshake" value="${publicId('handshake', id)}">
        <input type="hidden" name="form" value="${newBrowserSecret()}">
        <button>Connect ${provider.name}</button>
      </form>
      ${cancelForm(handshake, context)}`
  }
}
