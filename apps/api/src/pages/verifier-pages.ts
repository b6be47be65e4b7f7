import type { FastifyInstance, FastifyReply } from 'fastify'
import { openBegun } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { publicId } from '@carillon/shared/db'
import type { Provider } from '@carillon/shared/providers'
import { foreign, html } from './html.ts'
import { sendPage } from './page.ts'
import type { Services } from '../services.ts'
import { accountUrl } from '../handshakes/addresses.ts'
import type { BrowserCookies } from './browser/browser-cookies.ts'
import type { Endings } from './endings.ts'
import { isOver } from './endings.ts'
import { findNamedHandshake, textIn } from './browser/find-handshake.ts'
import { holdHandshake, mayHold } from './browser/hold-handshake.ts'
import { sendFailure } from './outcome-pages.ts'
import type { ShowStart } from './provider-pages.ts'
import { describeReason } from '../handshakes/reasons.ts'
import { isSameOrigin } from './browser/same-origin.ts'
import { headingOf, warningOf } from './handshake-texts.ts'
import { giveVerifier } from '../handshakes/submit-verifier.ts'

/** A page for people who bring a verifier by hand: it leads to the provider's page, and has a field to paste into. */
export function addVerifierPages (
  scope: FastifyInstance, provider: Provider, browser: BrowserCookies, services: Services, endings: Endings
): ShowStart {
  const { site, vault } = services

  scope.post('/verifier', { schema: { hide: true } }, async (request, reply) => {
    const handshake = await findNamedHandshake(services, provider, request.body, 'verifier')
    if (handshake === undefined) return sendFailure(reply, 'unknownHandshake', { site, provider })
    if (!isSameOrigin(request, site)) return sendFailure(reply, 'notSameOrigin', { site, provider })
    if (handshake.isObtained && mayHold(request, handshake, browser)) return await endings.outcome(reply, handshake)
    if (isOver(handshake)) return endings.over(reply, handshake)
    if (!await holdHandshake(request, reply, handshake, browser, services)) return sendFailure(reply, 'foreignCookie', { site, provider })
    reply.header('referrer-policy', 'same-origin')
    return await give(reply, handshake, textIn(request.body, 'verifier').trim())
  })

  async function give (reply: FastifyReply, handshake: Handshake, verifier: string): Promise<FastifyReply> {
    if (verifier === '') return show(reply, handshake, 422, 'Please paste the verifier first.')
    const given = await giveVerifier(services, provider, handshake, verifier)
    if (given.kind === 'connected') return endings.connected(reply, handshake, { accountName: given.accountName, missingPermissions: [] })
    if (given.kind === 'failed') return endings.failed(reply, handshake, given.reason)
    if (given.kind === 'held') return reply.redirect(accountUrl(site, provider.id, handshake.id), 303)
    if (given.kind === 'over') return await endings.outcome(reply, handshake)
    if (given.kind === 'later') return show(reply, handshake, 502, describeReason(given.reason, provider.name).title)
    return show(reply, handshake, 422, 'That is not the verifier. Have you allowed it, and copied all of it?')
  }

  function show (reply: FastifyReply, handshake: Handshake, status: number, fault?: string): FastifyReply {
    const { id, account } = handshake
    const { authorizeUrl = '' } = openBegun(vault, handshake) ?? {}
    return sendPage(reply, status, {
      title: `Connect ${provider.name}`,
      publicUrl: site.publicUrl,
      content: html`
        <h1>${headingOf(handshake, provider, site)}</h1>
        <p>Open ${provider.name}, allow it${account === null ? '' : html` for <strong>${foreign(account)}</strong>`}, and copy the verifier that you are shown.</p>
        <p class="buttons"><a class="button quiet" href="${authorizeUrl}" target="_blank" rel="noopener noreferrer">Open ${provider.name}</a></p>
        <form method="post" action="${site.publicUrl}/connect/${provider.id}/verifier">
          <input type="hidden" name="handshake" value="${publicId('handshake', id)}">
          <p><label for="verifier">Verifier</label>
            <input id="verifier" class="field" name="verifier" autocomplete="off" autocapitalize="off" spellcheck="false" maxlength="1024" required
              ${fault === undefined ? '' : html`aria-invalid="true" aria-describedby="fault" autofocus`}></p>
          ${fault === undefined ? '' : html`<p id="fault" class="error" role="alert">${fault}</p>`}
          <p class="buttons"><button>Connect</button></p>
        </form>
        <p class="soft">${warningOf(handshake, site)}</p>`
    })
  }

  return (_request, reply, handshake) => show(reply, handshake, 200)
}
