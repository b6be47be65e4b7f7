import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { publicId } from '@carillon/shared/db'
import { openAwaitedGrant } from '@carillon/shared/handshakes'
import type { Handshake, HandshakeKind } from '@carillon/shared/handshakes'
import type { AddressHandshake } from '@carillon/shared/providers'
import { describeUnusable } from '../../handshakes/address/address-result.ts'
import type { AddressResult } from '../../handshakes/address/address-result.ts'
import { submitAddress } from '../../handshakes/address/submit-address.ts'
import { isOwnHandshake } from '../../handshakes/browser-binding.ts'
import { isOver } from '../../handshakes/outcome/handshake-outcome.ts'
import { textIn } from '../../handshakes/text-in.ts'
import { bindBrowser } from '../browser/bind-browser.ts'
import { findNamedHandshake } from '../browser/find-handshake.ts'
import { isSameOrigin } from '../browser/same-origin.ts'
import { addConfirmPages } from './confirm-pages.ts'
import { cancelForm } from './cancel-form.ts'
import { headingOf, warningOf } from './handshake-texts.ts'
import { html } from '../html.ts'
import { sendPage } from '../page.ts'
import { costs } from '../../rate-limits/costs.ts'
import type { ProviderContext, ShowStart } from '../provider-context.ts'

interface Entered {
  text: string
  error: string
}

/** Has a field for an address. Connects the address, or leads to the page for the code that was sent to it. */
export function addAddressPage (scope: FastifyInstance, context: ProviderContext, address: AddressHandshake): ShowStart {
  const { provider, services, cookies, replies } = context
  const { site, vault } = services
  const kind: HandshakeKind = address.sendCode === undefined ? 'paste' : 'confirm'
  const { label, placeholder, hint } = address.field

  scope.post('/address', { config: { cost: costs.outgoing }, schema: { hide: true } }, async (request, reply) => {
    const handshake = await findForForm(request, reply)
    if (handshake === undefined) return reply
    reply.header('referrer-policy', 'same-origin')
    const isGenerated = textIn(request.body, 'generate') !== '' && address.generate !== undefined
    const text = isGenerated ? address.generate?.create() ?? '' : textIn(request.body, 'address').trim()
    if (text === '') return show(reply, handshake, 422, { text, error: `Enter the ${label} first.` })
    return await respond(reply, handshake, await submitAddress(services, provider, handshake, text), text)
  })

  const confirmPages = kind === 'confirm' ? addConfirmPages(scope, context, { findForForm, respond }) : undefined

  return (request, reply, handshake) => {
    const isAwaited = openAwaitedGrant(vault, handshake) !== undefined && textIn(request.query, 'change') === ''
    return isAwaited && confirmPages !== undefined ? confirmPages.show(reply, handshake) : show(reply, handshake, 200)
  }

  /** The open handshake of a form on these pages, bound to this browser. Otherwise sends the reason. */
  async function findForForm (request: FastifyRequest, reply: FastifyReply): Promise<Handshake | undefined> {
    const handshake = await findNamedHandshake(services, provider, request.body, kind)
    if (handshake === undefined) replies.refuse(reply, 'unknownHandshake')
    else if (!isSameOrigin(request, site)) replies.refuse(reply, 'notSameOrigin')
    else if (isOver(handshake)) {
      if (isOwnHandshake(handshake, cookies.read(request))) await replies.awaitEnd(reply, handshake)
      else replies.over(reply, handshake)
    } else if (!await bindBrowser(request, reply, handshake, context)) replies.refuse(reply, 'foreignCookie')
    else return handshake
  }

  async function respond (reply: FastifyReply, handshake: Handshake, result: AddressResult, text = ''): Promise<FastifyReply> {
    switch (result.kind) {
      case 'connected':
      case 'failed': return replies.end(reply, handshake, result)
      case 'sent': return replies.toStartPage(reply, handshake)
      case 'over': return await replies.awaitEnd(reply, handshake)
      default: {
        const error = describeUnusable(result, { site: site.name, provider: provider.name })
        return show(reply, handshake, result.kind === 'wrong' ? 422 : 502, { text, error })
      }
    }
  }

  function show (reply: FastifyReply, handshake: Handshake, status: number, entered?: Entered): FastifyReply {
    const { id } = handshake
    return sendPage(reply, status, {
      title: `Connect ${provider.name}`,
      publicUrl: site.publicUrl,
      content: html`
        <h1>${headingOf(handshake, provider, site)}</h1>
        <form method="post" action="${site.publicUrl}/connect/${provider.id}/address">
          <input type="hidden" name="handshake" value="${publicId('handshake', id)}">
          <p><label for="address">${label}</label>
            <input id="address" class="field" name="address" value="${entered?.text ?? ''}" placeholder="${placeholder}" autocomplete="off" autocapitalize="off"
              spellcheck="false" maxlength="2000" required aria-describedby="${entered === undefined ? 'hint' : 'error hint'}"
              ${entered === undefined ? '' : html`aria-invalid="true" autofocus`}></p>
          ${entered === undefined ? '' : html`<p id="error" class="error" role="alert">${entered.error}</p>`}
          <p id="hint" class="soft">${hint === undefined ? '' : `${hint} `}${kind === 'confirm' ? 'We send a code to it, to make sure that it is yours.' : ''}</p>
          <p class="buttons"><button>${kind === 'confirm' ? 'Send the code' : `Connect ${provider.name}`}</button>
            ${address.generate === undefined ? '' : html`<button class="quiet" name="generate" value="1" formnovalidate>${address.generate.label}</button>`}
          </p>
        </form>
        ${cancelForm(handshake, context)}
        <p class="soft">${warningOf(handshake, site)}</p>`
    })
  }
}
