import type { FastifyInstance, FastifyReply } from 'fastify'
import { publicId } from '@carillon/shared/db'
import { openPendingAuthorization } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { isOwnHandshake, mayUseHandshake } from '../../handshakes/browser-binding.ts'
import { isOver } from '../../handshakes/outcome/handshake-outcome.ts'
import { bindBrowser } from '../browser/bind-browser.ts'
import { findNamedHandshake } from '../browser/find-handshake.ts'
import { isSameOrigin } from '../browser/same-origin.ts'
import { cancelForm } from './cancel-form.ts'
import { headingOf, warningOf } from './handshake-texts.ts'
import { foreign, html } from '../html.ts'
import { sendPage } from '../page.ts'
import { qrCode } from './qr-code.ts'
import { costs } from '../../rate-limits/costs.ts'
import type { ProviderContext, ShowStart } from '../provider-context.ts'

const pollMs = 2_000

/**
 * Shows the link that the user opens in the provider's app, also as a QR code for a phone. A script asks at intervals whether
 * an account has opened it; without scripts there is a button. Both send the same form. The account page follows. Only this
 * browser may confirm the account, so it sees the link after the handshake is bound to it.
 */
export function addLinkPage (scope: FastifyInstance, context: ProviderContext): ShowStart {
  const { provider, services, cookies, replies } = context
  const { site, vault } = services

  scope.post('/opened', { config: { cost: costs.read }, schema: { hide: true } }, async (request, reply) => {
    const handshake = await findNamedHandshake(services, provider, request.body, 'link')
    if (handshake === undefined) return replies.refuse(reply, 'unknownHandshake')
    if (!isSameOrigin(request, site)) return replies.refuse(reply, 'notSameOrigin')
    const hasOutcome = isOver(handshake) || handshake.isObtained
    const isAllowed = hasOutcome
      ? mayUseHandshake(handshake, cookies.read(request))
      : await bindBrowser(request, reply, handshake, context)
    if (!isAllowed) return replies.refuse(reply, 'foreignCookie')
    if (request.headers.accept === 'application/json') return await replies.progress(reply, handshake)
    reply.header('referrer-policy', 'same-origin')
    if (isOver(handshake)) return await replies.ended(reply, handshake)
    if (handshake.isObtained) return replies.toAccountPage(reply, handshake)
    return await show(reply, handshake, handshake.browserHash !== null)
  })

  /** `isChecked`: the user pressed the button, and no account has opened the link yet. */
  async function show (reply: FastifyReply, handshake: Handshake, isChecked = false): Promise<FastifyReply> {
    const { id, expiresAt } = handshake
    const leftMs = Math.max(0, expiresAt.getTime() - services.now())
    const { linkUrl = '' } = openPendingAuthorization(vault, handshake) ?? {}
    const minutes = Math.max(1, Math.floor(leftMs / 60_000))
    return sendPage(reply, 200, {
      title: `Connect ${provider.name}`,
      publicUrl: site.publicUrl,
      script: 'code.js',
      content: html`
        <h1>${headingOf(handshake, provider, site)}</h1>
        <p>Open this link in ${provider.name}, or scan the code with your phone. Then come back here and confirm the account.</p>
        <p class="buttons"><a class="button" href="${linkUrl}" target="_blank" rel="noopener noreferrer">Open ${provider.name}</a></p>
        <p>${await qrCode(linkUrl)}</p>
        <p id="left" class="soft" data-left="${leftMs}" data-expired="The link has expired.">Expires in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.</p>
        <form id="redeem" method="post" action="${site.publicUrl}/connect/${provider.id}/opened" data-interval="${pollMs}">
          <input type="hidden" name="handshake" value="${publicId('handshake', id)}">
          <p class="buttons"><button class="quiet">I have opened it</button></p>
        </form>
        <p id="hint" class="soft" role="status" data-waiting="This page continues by itself after you have opened the link.">${isChecked
          ? html`${provider.name} has not reported yet that the link was opened. Try again in a few seconds.`
          : 'After you have opened it, come back here and press the button.'}</p>
        ${cancelForm(handshake, context)}
        <p class="soft">${warningOf(handshake, site)}</p>`
    })
  }

  /** For a browser that the handshake is not bound to yet. */
  function showStart (reply: FastifyReply, handshake: Handshake): FastifyReply {
    return sendPage(reply, 200, {
      title: `Connect ${provider.name}`,
      publicUrl: site.publicUrl,
      content: html`
        <h1>${headingOf(handshake, provider, site)}</h1>
        <p>We show you a link that you open in ${provider.name}. After that, <em>${foreign(site.name)}</em> can send notifications to your account there.</p>
        <p class="soft">${warningOf(handshake, site)}</p>
        <form class="buttons" method="post" action="${site.publicUrl}/connect/${provider.id}/opened">
          <input type="hidden" name="handshake" value="${publicId('handshake', handshake.id)}">
          <button>Connect ${provider.name}</button>
        </form>
        ${cancelForm(handshake, context)}`
    })
  }

  return (request, reply, handshake) =>
    isOwnHandshake(handshake, cookies.read(request)) ? show(reply, handshake) : showStart(reply, handshake)
}
