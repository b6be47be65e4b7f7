import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { confirmHandshake, findHandshake } from '@carillon/shared/connections'
import type { Handshake } from '@carillon/shared/connections'
import { parseId, publicId } from '@carillon/shared/db'
import type { Provider } from '@carillon/shared/providers'
import { html } from '../../pages/html.ts'
import { sendPage } from '../../pages/page.ts'
import type { Services } from '../../services.ts'
import { withOutcome } from '../addresses.ts'
import type { BrowserCookie } from '../browser-cookie.ts'
import { sendFailure } from '../outcome-pages.ts'
import { isSameOrigin } from '../same-origin.ts'

/**
 * `/start`: shows who is about to connect what, so that a link which was forwarded to somebody else does not quietly bind
 * their account, and on confirmation binds the handshake to this browser and sends it to the provider.
 */
export function addStart (scope: FastifyInstance, provider: Provider, browser: BrowserCookie, services: Services): void {
  const { database, now, site } = services

  scope.get('/start', { schema: { hide: true } }, async (request, reply) => {
    const handshake = await find(request.query)
    return handshake === undefined ? unknown(reply) : isOver(handshake) ? over(reply, handshake) : ask(reply, handshake)
  })

  scope.post('/start', { schema: { hide: true } }, async (request, reply) => {
    const handshake = await find(request.body)
    if (handshake === undefined) return unknown(reply)
    if (!isSameOrigin(request, site)) return sendFailure(reply, 'notSameOrigin', { site, provider })
    return await confirm(request, reply, handshake)
  })

  async function find (input: unknown): Promise<Handshake | undefined> {
    const id = parseId('handshake', handshakeIn(input))
    const handshake = id === undefined ? undefined : await findHandshake(database, id, now())
    return handshake?.provider === provider.id ? handshake : undefined
  }

  function ask (reply: FastifyReply, { id, userName, returnTo }: Handshake): FastifyReply {
    // With `no-referrer`, browsers send `Origin: null` along with the form (Fetch §3.1), as if it came from elsewhere.
    reply.header('referrer-policy', 'same-origin')
    return sendPage(reply, 200, {
      title: `Connect ${provider.name}`,
      publicUrl: site.publicUrl,
      content: html`
        <h1>Connect ${provider.name} to <strong>${userName}</strong> at <em>${site.name}</em></h1>
        <p>${provider.name} will ask you to allow it. After that, <em>${site.name}</em> can send to your account there.</p>
        <p class="soft">Are you not ${userName}? Then somebody has sent you their link: do not go on.</p>
        <form class="buttons" method="post" action="${site.publicUrl}/connect/${provider.id}/start">
          <input type="hidden" name="handshake" value="${publicId('handshake', id)}">
          <button>Connect ${provider.name}</button>
          ${returnTo === null ? '' : html`<a class="button quiet" href="${withOutcome(returnTo, { carillon: 'failed', provider: provider.id, reason: 'canceled' })}">Cancel</a>`}
        </form>`
    })
  }

  async function confirm (request: FastifyRequest, reply: FastifyReply, handshake: Handshake): Promise<FastifyReply> {
    const state = await confirmHandshake(database, { id: handshake.id, browser: browser.ensure(request, reply) }, now())
    if (state === undefined) return over(reply, handshake)
    request.handshakeState = state
    return reply.redirect(await scope.authorization.generateAuthorizationUri(request, reply), 303)
  }

  function unknown (reply: FastifyReply): FastifyReply {
    return sendFailure(reply, 'unknownHandshake', { site, provider })
  }

  function over (reply: FastifyReply, { status, claimed, returnTo }: Handshake): FastifyReply {
    return sendFailure(reply, status === 'expired' && !claimed ? 'expired' : 'alreadyUsed', { site, provider, backTo: returnTo })
  }
}

function handshakeIn (input: unknown): string {
  const handshake = typeof input === 'object' && input !== null && 'handshake' in input ? input.handshake : undefined
  return typeof handshake === 'string' ? handshake : ''
}

function isOver ({ status, claimed }: Handshake): boolean {
  return status !== 'pending' || claimed
}
