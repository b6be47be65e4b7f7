import type { FastifyInstance, FastifyReply } from 'fastify'
import { publicId } from '@carillon/shared/db'
import { openPendingAuthorization } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { mayUseHandshake } from '../../handshakes/browser-binding.ts'
import { isOver } from '../../handshakes/outcome/handshake-outcome.ts'
import { redeemCode } from '../../handshakes/redeem-code.ts'
import { bindBrowser } from '../browser/bind-browser.ts'
import { findNamedHandshake } from '../browser/find-handshake.ts'
import { isSameOrigin } from '../browser/same-origin.ts'
import { cancelForm } from './cancel-form.ts'
import { headingOf, warningOf } from './handshake-texts.ts'
import { html } from '../html.ts'
import { sendPage } from '../page.ts'
import { costs } from '../../rate-limits/costs.ts'
import type { ProviderContext, ShowStart } from '../provider-context.ts'

/**
 * Shows the code and the page on which to enter it. A script asks at intervals whether the user has entered it; without scripts
 * there is a button. Both send the same form.
 */
export function addCodePage (scope: FastifyInstance, context: ProviderContext): ShowStart {
  const { provider, services, cookies, replies } = context
  const { site, vault } = services

  scope.post('/redeem', { config: { cost: costs.read }, schema: { hide: true } }, async (request, reply) => {
    const handshake = await findNamedHandshake(services, provider, request.body, 'code')
    if (handshake === undefined) return replies.refuse(reply, 'unknownHandshake')
    if (!isSameOrigin(request, site)) return replies.refuse(reply, 'notSameOrigin')
    const isAllowed = isOver(handshake)
      ? mayUseHandshake(handshake, cookies.read(request))
      : await bindBrowser(request, reply, handshake, context)
    if (!isAllowed) return replies.refuse(reply, 'foreignCookie')
    const current = isOver(handshake) ? handshake : await redeemCode(services, provider, handshake)
    if (request.headers.accept === 'application/json') return await replies.progress(reply, current)
    reply.header('referrer-policy', 'same-origin')
    return current.status === 'pending' ? show(reply, current, true) : await replies.ended(reply, current)
  })

  /** `isChecked`: the user pressed the button, and the provider does not know the code as entered yet. */
  function show (reply: FastifyReply, handshake: Handshake, isChecked = false): FastifyReply {
    const { id, expiresAt } = handshake
    const leftMs = Math.max(0, expiresAt.getTime() - services.now())
    const { code, redeemUrl = '', intervalMs = 5_000 } = openPendingAuthorization(vault, handshake) ?? {}
    const minutes = Math.max(1, Math.floor(leftMs / 60_000))
    return sendPage(reply, 200, {
      title: `Connect ${provider.name}`,
      publicUrl: site.publicUrl,
      script: 'code.js',
      content: html`
        <h1>${headingOf(handshake, provider, site)}</h1>
        <p>Open ${provider.name} and enter this code there:</p>
        <p class="code"><code>${code}</code></p>
        <p id="left" class="soft" data-left="${leftMs}" data-expired="The code has expired.">Expires in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.</p>
        <p class="buttons"><a class="button" href="${redeemUrl}" target="_blank" rel="noopener noreferrer">Open ${provider.name}</a></p>
        <form id="redeem" method="post" action="${site.publicUrl}/connect/${provider.id}/redeem" data-interval="${intervalMs}">
          <input type="hidden" name="handshake" value="${publicId('handshake', id)}">
          <p class="buttons"><button class="quiet">I have entered it</button></p>
        </form>
        <p id="hint" class="soft" role="status" data-waiting="This page continues by itself after you have entered the code.">${isChecked
          ? html`${provider.name} has not received the code yet. Try again in a few seconds.`
          : 'After you have entered it, come back here and press the button.'}</p>
        ${cancelForm(handshake, context)}
        <p class="soft">${warningOf(handshake, site)}</p>`
    })
  }

  return (_request, reply, handshake) => show(reply, handshake)
}
