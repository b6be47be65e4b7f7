import type { FastifyInstance } from 'fastify'
import { cancelHandshake } from '@carillon/shared/handshakes'
import { publicId } from '@carillon/shared/db'
import type { Handshake } from '@carillon/shared/handshakes'
import { isOwnHandshake } from '../../handshakes/browser-binding.ts'
import { endingHandshakes } from '../../handshakes/ending-handshakes.ts'
import { isOver } from '../../handshakes/outcome/handshake-outcome.ts'
import { bindBrowser } from '../browser/bind-browser.ts'
import { findNamedHandshake } from '../browser/find-handshake.ts'
import { isSameOrigin } from '../browser/same-origin.ts'
import { html } from '../html.ts'
import type { Html } from '../html.ts'
import type { ProviderContext } from '../provider-context.ts'

/** The button that leads back to the site. Empty when the site named no page. */
export function cancelForm ({ id, returnTo }: Handshake, { provider, services: { site } }: ProviderContext): Html {
  if (returnTo === null) return html``
  return html`
      <form class="buttons" method="post" action="${site.publicUrl}/connect/${provider.id}/cancel">
        <input type="hidden" name="handshake" value="${publicId('handshake', id)}">
        <button class="quiet">Cancel</button>
      </form>`
}

/** `/cancel`: ends the handshake, so that its link is of no use to those who read it in the address of the site's page. */
export function addCancelRoute (scope: FastifyInstance, context: ProviderContext): void {
  const { provider, services, cookies, replies } = context

  scope.post('/cancel', { schema: { hide: true } }, async (request, reply) => {
    const handshake = await findNamedHandshake(services, provider, request.body)
    if (handshake === undefined) return replies.refuse(reply, 'unknownHandshake')
    if (!isSameOrigin(request, services.site)) return replies.refuse(reply, 'notSameOrigin')
    if (isOver(handshake)) {
      const isOwn = isOwnHandshake(handshake, cookies.read(request))
      return isOwn ? await replies.awaitEnd(reply, handshake) : replies.over(reply, handshake)
    }
    if (!await bindBrowser(request, reply, handshake, context)) return replies.refuse(reply, 'foreignCookie')
    const isCanceled = await cancelHandshake(endingHandshakes(services), handshake.id, services.now())
    return isCanceled ? replies.end(reply, handshake, { kind: 'failed', reason: 'canceled' }) : await replies.awaitEnd(reply, handshake)
  })
}
