import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { claimHandshake, confirmHandshake, findHandshakeByState, isBrowserOf } from '@carillon/shared/connections'
import type { Handshake } from '@carillon/shared/connections'
import { publicId } from '@carillon/shared/db'
import type { Provider } from '@carillon/shared/providers'
import { html } from '../../pages/html.ts'
import { sendPage } from '../../pages/page.ts'
import type { Services } from '../../services.ts'
import { startUrl, withOutcome } from '../addresses.ts'
import type { BrowserCookie } from '../browser-cookie.ts'
import type { Endings } from '../endings.ts'
import { findNamedHandshake } from '../find-handshake.ts'
import { abandonHandshake } from '../finish.ts'
import { openHandshake } from '../open-handshake.ts'
import { sendFailure } from '../outcome-pages.ts'
import type { ShowStart } from '../provider-pages.ts'
import { requireOwnTeam } from '../require-own-team.ts'
import { isSameOrigin } from '../same-origin.ts'
import { headingOf, notThemselves } from '../start-words.ts'
import type { RedirectWay } from './redirect.ts'

/**
 * `/start`: shows who is about to connect what, so that a link which was forwarded to somebody else does not quietly bind
 * their account, and on confirmation binds the handshake to this browser and sends it to the provider.
 */
export function addConfirm (
  scope: FastifyInstance, provider: Provider, way: RedirectWay, browser: BrowserCookie, services: Services, endings: Endings
): ShowStart {
  const { database, now, site } = services

  scope.post('/start', { schema: { hide: true } }, async (request, reply) => {
    const handshake = await findNamedHandshake(services, provider, request.body, 'redirect')
    if (handshake === undefined) return sendFailure(reply, 'unknownHandshake', { site, provider })
    if (!isSameOrigin(request, site)) return sendFailure(reply, 'notSameOrigin', { site, provider })
    const state = await confirmHandshake(database, { id: handshake.id, browser: browser.ensure(request, reply) }, now())
    return state === undefined ? endings.over(reply, handshake) : await begin(request, reply, handshake, state)
  })

  // Once more, for what was not allowed. Only the browser that has connected may, in the name of the same user.
  scope.post('/again', { schema: { hide: true } }, async (request, reply) => {
    const handshake = await findNamedHandshake(services, provider, request.body, 'redirect')
    const secret = browser.read(request)
    if (handshake === undefined || handshake.status !== 'completed') return sendFailure(reply, 'unknownHandshake', { site, provider })
    if (!isSameOrigin(request, site)) return sendFailure(reply, 'notSameOrigin', { site, provider })
    if (secret === undefined || !isBrowserOf(handshake, secret)) return sendFailure(reply, 'foreignCookie', { site, provider })
    const { userId, team, account, returnTo } = handshake
    if (team?.isOwn === false) return sendFailure(reply, 'notOwner', { site, provider })
    const id = await openHandshake(services, provider, {
      userId, teamId: team?.id, kind: 'redirect', account: account ?? undefined, returnTo: returnTo ?? undefined
    })
    return reply.redirect(startUrl(site, provider.id, id), 303)
  })

  async function begin (
    request: FastifyRequest, reply: FastifyReply, handshake: Handshake, state: string
  ): Promise<FastifyReply> {
    try {
      requireOwnTeam(handshake)
      const url = await way.begin(request, reply, handshake, state)
      return url === undefined ? endings.over(reply, handshake) : reply.redirect(url, 303)
    } catch (error) {
      const ours = await findHandshakeByState(database, state, now())
      if (ours === undefined || !await claimHandshake(database, ours, now())) return endings.over(reply, handshake)
      return endings.failed(reply, handshake, await abandonHandshake(services, provider, handshake, error))
    }
  }

  return (_request, reply, handshake) => {
    const { id, account, team, returnTo } = handshake
    const use = team === null ? 'can send to your account there' : html`can use your account there for everybody in ${team.name}`
    return sendPage(reply, 200, {
      title: `Connect ${provider.name}`,
      publicUrl: site.publicUrl,
      content: html`
        <h1>${headingOf(handshake, provider, site)}</h1>
        <p>${provider.name} will ask you to allow it${account === null ? '' : html` for <strong>${account}</strong>`}. After that, <em>${site.name}</em> ${use}.</p>
        <p class="soft">${notThemselves(handshake)} Then somebody has sent you their link: do not go on.</p>
        <form class="buttons" method="post" action="${site.publicUrl}/connect/${provider.id}/start">
          <input type="hidden" name="handshake" value="${publicId('handshake', id)}">
          <button>Connect ${provider.name}</button>
          ${returnTo === null ? '' : html`<a class="button quiet" href="${withOutcome(returnTo, { carillon: 'failed', provider: provider.id, reason: 'canceled' })}">Cancel</a>`}
        </form>`
    })
  }
}
