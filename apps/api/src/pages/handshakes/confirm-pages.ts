import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { publicId } from '@carillon/shared/db'
import { maxCodes, openAwaitedGrant } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { describeUnusable } from '../../handshakes/address/address-result.ts'
import type { DeviceLinks } from '@carillon/shared/providers'
import type { AddressResult } from '../../handshakes/address/address-result.ts'
import { confirmByCode } from '../../handshakes/address/confirm-address.ts'
import { resendCode } from '../../handshakes/address/send-code.ts'
import { mayUseHandshake } from '../../handshakes/browser-binding.ts'
import { describeTriesLeft } from '../../handshakes/describe-tries-left.ts'
import { isOver } from '../../handshakes/outcome/handshake-outcome.ts'
import { startUrl } from '../../handshakes/handshake-urls.ts'
import { textIn } from '../../handshakes/text-in.ts'
import { findNamedHandshake } from '../browser/find-handshake.ts'
import { isSameOrigin } from '../browser/same-origin.ts'
import { cancelForm } from './cancel-form.ts'
import { addConfirmLinkPage } from './confirm-link-page.ts'
import { headingOf, warningOf } from './handshake-texts.ts'
import { foreign, html } from '../html.ts'
import type { Html } from '../html.ts'
import { qrCode } from './qr-code.ts'
import { sendPage } from '../page.ts'
import { costs } from '../../rate-limits/costs.ts'
import type { ProviderContext } from '../provider-context.ts'

interface AddressForms {
  findForForm: (request: FastifyRequest, reply: FastifyReply) => Promise<Handshake | undefined>
  respond: (reply: FastifyReply, handshake: Handshake, result: AddressResult) => Promise<FastifyReply>
}

export interface ConfirmPages {
  /** Sends the page for the code. */
  show: (reply: FastifyReply, handshake: Handshake) => Promise<FastifyReply>
}

/**
 * Has a field for the code that was sent to the address. A script asks at intervals whether the link in the message was opened
 * elsewhere.
 */
export function addConfirmPages (
  scope: FastifyInstance, context: ProviderContext, { findForForm, respond }: AddressForms
): ConfirmPages {
  const { provider, services, cookies, replies } = context
  const { site, vault } = services
  const base = `${site.publicUrl}/connect/${provider.id}`
  addConfirmLinkPage(scope, context)

  scope.post('/code', { config: { cost: costs.outgoing }, schema: { hide: true } }, async (request, reply) => {
    const handshake = await findForForm(request, reply)
    if (handshake === undefined) return reply
    if (openAwaitedGrant(vault, handshake) === undefined) return replies.toStartPage(reply, handshake)
    reply.header('referrer-policy', 'same-origin')
    const code = textIn(request.body, 'code').trim()
    if (code === '') return await show(reply, handshake, 422, 'Enter the code first.')
    const result = await confirmByCode(services, provider, handshake, code)
    return result.kind === 'wrong'
      ? await show(reply, handshake, 422, `The code is wrong. ${describeTriesLeft(result.triesLeft)}. Only the latest code works.`)
      : await respond(reply, handshake, result)
  })

  scope.post('/resend', { config: { cost: costs.outgoing }, schema: { hide: true } }, async (request, reply) => {
    const handshake = await findForForm(request, reply)
    if (handshake === undefined) return reply
    const result = await resendCode(services, provider, handshake)
    if (result.kind !== 'wrong' && result.kind !== 'unusable') return await respond(reply, handshake, result)
    reply.header('referrer-policy', 'same-origin')
    return await show(reply, handshake, 502, describeUnusable(result, { site: site.name, provider: provider.name }))
  })

  // Without scripts the browser does not send this form, so a page is sent only when the handshake has ended.
  scope.post('/progress', { config: { cost: costs.read }, schema: { hide: true } }, async (request, reply) => {
    const handshake = await findNamedHandshake(services, provider, request.body, 'confirm')
    if (handshake === undefined) return replies.refuse(reply, 'unknownHandshake')
    if (!isSameOrigin(request, site)) return replies.refuse(reply, 'notSameOrigin')
    if (!mayUseHandshake(handshake, cookies.read(request))) return replies.refuse(reply, 'foreignCookie')
    if (request.headers.accept === 'application/json') return await replies.progress(reply, handshake)
    return isOver(handshake) ? await replies.awaitEnd(reply, handshake) : replies.toStartPage(reply, handshake)
  })

  return { show: async (reply, handshake) => await show(reply, handshake, 200) }

  async function show (reply: FastifyReply, handshake: Handshake, status: number, error?: string): Promise<FastifyReply> {
    const { id, codesSent, resendAt, expiresAt } = handshake
    const now = services.now()
    const grant = openAwaitedGrant(vault, handshake)
    const name = grant?.account.name ?? ''
    const deviceLinks = grant === undefined ? undefined : provider.handshakes.address?.deviceLinks?.(grant)
    const handshakeField = html`<input type="hidden" name="handshake" value="${publicId('handshake', id)}">`
    const resendMs = Math.max(0, (resendAt?.getTime() ?? 0) - now)
    return sendPage(reply, status, {
      title: `Connect ${provider.name}`,
      publicUrl: site.publicUrl,
      script: 'confirm.js',
      content: html`
        <h1>${headingOf(handshake, provider, site)}</h1>
        <p>We sent a code to <strong>${foreign(name)}</strong>. Enter it here, or open the link in the message.</p>
        ${deviceLinks === undefined ? '' : await deviceHelp(deviceLinks)}
        <form method="post" action="${base}/code">
          ${handshakeField}
          <p><label for="code">Code</label>
            <input id="code" class="field" name="code" inputmode="numeric" autocomplete="one-time-code" autocapitalize="off" spellcheck="false" maxlength="32"
              required autofocus ${error === undefined ? '' : html`aria-invalid="true" aria-describedby="error"`}></p>
          ${error === undefined ? '' : html`<p id="error" class="error" role="alert">${error}</p>`}
          <p id="left" class="soft" data-left="${Math.max(0, expiresAt.getTime() - now)}">Each code expires after 15 minutes.</p>
          <p class="buttons"><button>Connect</button></p>
        </form>
        <div class="buttons">
          ${codesSent >= maxCodes
            ? html`<p class="soft">No more codes are sent. If none arrived, start again at ${foreign(site.name)}.</p>`
            : html`<form id="resend" method="post" action="${base}/resend" data-wait="${resendMs}">${handshakeField}<button class="quiet">Send a new code</button></form>`}
          <a class="button quiet" href="${startUrl(site, provider.id, id)}&amp;change=1">Use another address</a>
        </div>
        <form id="progress" method="post" action="${base}/progress" hidden>${handshakeField}</form>
        ${cancelForm(handshake, context)}
        <p class="soft">${warningOf(handshake, site)}</p>`
    })
  }

  /** Where the user receives the code, for those who have not set up the address in the app. */
  async function deviceHelp ({ appUrl, webUrl }: DeviceLinks): Promise<Html> {
    return html`
        <p>You receive its messages in the ${provider.name} <a href="${appUrl}">app</a> or in a
          <a href="${webUrl}" target="_blank" rel="noopener noreferrer">browser</a>. To open it on your phone, scan this code:</p>
        <p>${await qrCode(appUrl)}</p>`
  }
}
