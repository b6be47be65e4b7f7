import type { FastifyInstance, FastifyReply } from 'fastify'
import { openBegun } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { publicId } from '@carillon/shared/db'
import type { Provider } from '@carillon/shared/providers'
import { html } from './html.ts'
import { sendPage } from './page.ts'
import type { Services } from '../services.ts'
import type { BrowserCookies } from './browser/browser-cookies.ts'
import type { Endings } from './endings.ts'
import { isOver, reasonToExpire } from './endings.ts'
import { findNamedHandshake } from './browser/find-handshake.ts'
import { holdHandshake, mayHold } from './browser/hold-handshake.ts'
import { sendFailure } from './outcome-pages.ts'
import type { ShowStart } from './provider-pages.ts'
import { readReason } from '../handshakes/reasons.ts'
import { isSameOrigin } from './browser/same-origin.ts'
import { headingOf, warningOf } from './handshake-texts.ts'
import { redeemCode } from '../handshakes/redeem-code.ts'

/**
 * A page that shows the code and where to enter it. Its script asks every now and then whether that has happened; without
 * scripts there is a button. Either way the answer is the same: where to go, or a page that says how it ended.
 */
export function addCodePages (
  scope: FastifyInstance, provider: Provider, browser: BrowserCookies, services: Services, endings: Endings
): ShowStart {
  const { site, vault } = services

  scope.post('/redeem', { schema: { hide: true } }, async (request, reply) => {
    const handshake = await findNamedHandshake(services, provider, request.body, 'code')
    if (handshake === undefined) return sendFailure(reply, 'unknownHandshake', { site, provider })
    if (!isSameOrigin(request, site)) return sendFailure(reply, 'notSameOrigin', { site, provider })
    const isOwn = isOver(handshake)
      ? mayHold(request, handshake, browser)
      : await holdHandshake(request, reply, handshake, browser, services)
    if (!isOwn) return sendFailure(reply, 'foreignCookie', { site, provider })
    const now = isOver(handshake) ? handshake : await redeemCode(services, provider, handshake)
    if (request.headers.accept === 'application/json') return reply.header('cache-control', 'no-store').send(progressOf(now))
    reply.header('referrer-policy', 'same-origin')
    return now.status === 'pending' ? show(reply, now, true) : await endings.ended(reply, now)
  })

  /** `location` is null where a page has to tell the end. */
  function progressOf (handshake: Handshake): { status: Handshake['status'], location: string | null } {
    const { status, error } = handshake
    if (status === 'pending') return { status, location: null }
    const reason = status === 'completed' ? undefined : status === 'expired' ? reasonToExpire(handshake) : readReason(error)
    return { status, location: endings.addressAfter(handshake, reason) }
  }

  /** `isAsked`: by somebody who says that it has been entered, and has no script that asks again. */
  function show (reply: FastifyReply, handshake: Handshake, isAsked = false): FastifyReply {
    const { id, expiresAt } = handshake
    const leftMs = Math.max(0, expiresAt.getTime() - services.now())
    const { code, redeemUrl = '', intervalMs = 5_000 } = openBegun(vault, handshake) ?? {}
    return sendPage(reply, 200, {
      title: `Connect ${provider.name}`,
      publicUrl: site.publicUrl,
      script: 'code.js',
      content: html`
        <h1>${headingOf(handshake, provider, site)}</h1>
        <p>Open ${provider.name} and enter this code there:</p>
        <p class="code"><code>${code}</code></p>
        <p id="left" class="soft" data-left="${leftMs}">It works for ${Math.max(1, Math.floor(leftMs / 60_000))} more minutes.</p>
        <p class="buttons"><a class="button" href="${redeemUrl}" target="_blank" rel="noopener noreferrer">Open ${provider.name}</a></p>
        <form id="redeem" method="post" action="${site.publicUrl}/connect/${provider.id}/redeem" data-interval="${intervalMs}">
          <input type="hidden" name="handshake" value="${publicId('handshake', id)}">
          <p class="buttons"><button class="quiet">I have entered it</button></p>
        </form>
        <p id="hint" class="soft" role="status">${isAsked ? notYet : 'Once you have entered it, come back here and press the button.'}</p>
        <p class="soft">${warningOf(handshake, site)}</p>`
    })
  }

  return (_request, reply, handshake) => show(reply, handshake)
}

const notYet = 'It has not been entered yet, as far as we know. Please try again in a few seconds.'
