import type { FastifyInstance, FastifyReply } from 'fastify'
import { publicId } from '@carillon/shared/db'
import { openPendingAuthorization } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { isOwnHandshake } from '../../handshakes/browser-binding.ts'
import { isOver } from '../../handshakes/outcome/handshake-outcome.ts'
import { describeReason } from '../../handshakes/outcome/reasons.ts'
import { submitVerifier } from '../../handshakes/submit-verifier.ts'
import { textIn } from '../../handshakes/text-in.ts'
import { bindBrowser } from '../browser/bind-browser.ts'
import { findNamedHandshake } from '../browser/find-handshake.ts'
import { isSameOrigin } from '../browser/same-origin.ts'
import { cancelForm } from './cancel-form.ts'
import { headingOf, warningOf } from './handshake-texts.ts'
import { foreign, html } from '../html.ts'
import { sendPage } from '../page.ts'
import { costs } from '../../rate-limits/costs.ts'
import type { ProviderContext, ShowStart } from '../provider-context.ts'

/** Links to the provider's page, which shows the user a verifier, and has a field for it. */
export function addVerifierPage (scope: FastifyInstance, context: ProviderContext): ShowStart {
  const { provider, services, cookies, replies } = context
  const { site, vault } = services

  scope.post('/verifier', { config: { cost: costs.outgoing }, schema: { hide: true } }, async (request, reply) => {
    const handshake = await findNamedHandshake(services, provider, request.body, 'verifier')
    if (handshake === undefined) return replies.refuse(reply, 'unknownHandshake')
    if (!isSameOrigin(request, site)) return replies.refuse(reply, 'notSameOrigin')
    const hasOutcome = handshake.isObtained || isOver(handshake)
    if (hasOutcome && isOwnHandshake(handshake, cookies.read(request))) return await replies.awaitEnd(reply, handshake)
    if (isOver(handshake)) return replies.over(reply, handshake)
    if (!await bindBrowser(request, reply, handshake, context)) return replies.refuse(reply, 'foreignCookie')
    reply.header('referrer-policy', 'same-origin')
    return await submit(reply, handshake, textIn(request.body, 'verifier').trim())
  })

  async function submit (reply: FastifyReply, handshake: Handshake, verifier: string): Promise<FastifyReply> {
    if (verifier === '') return show(reply, handshake, 422, 'Paste the verifier first.')
    const result = await submitVerifier(services, provider, handshake, verifier)
    switch (result.kind) {
      case 'connected':
      case 'failed': return replies.end(reply, handshake, result)
      case 'held': return replies.toAccountPage(reply, handshake)
      case 'over': return await replies.awaitEnd(reply, handshake)
      case 'retryLater': {
        const { title } = describeReason(result.reason, { site: site.name, provider: provider.name })
        return show(reply, handshake, 502, `${title}. Try again in a few minutes.`)
      }
      case 'wrong': return show(reply, handshake, 422, 'The verifier is wrong. Allow access first, and copy the whole verifier.')
    }
  }

  function show (reply: FastifyReply, handshake: Handshake, status: number, error?: string): FastifyReply {
    const { id, account } = handshake
    const { authorizeUrl = '' } = openPendingAuthorization(vault, handshake) ?? {}
    return sendPage(reply, status, {
      title: `Connect ${provider.name}`,
      publicUrl: site.publicUrl,
      content: html`
        <h1>${headingOf(handshake, provider, site)}</h1>
        <p>Open ${provider.name}, allow access${account === null ? '' : html` for <strong>${foreign(account)}</strong>`}, and copy the verifier that ${provider.name} shows you.</p>
        <p class="buttons"><a class="button quiet" href="${authorizeUrl}" target="_blank" rel="noopener noreferrer">Open ${provider.name}</a></p>
        <form method="post" action="${site.publicUrl}/connect/${provider.id}/verifier">
          <input type="hidden" name="handshake" value="${publicId('handshake', id)}">
          <p><label for="verifier">Verifier</label>
            <input id="verifier" class="field" name="verifier" autocomplete="off" autocapitalize="off" spellcheck="false" maxlength="1024" required
              ${error === undefined ? '' : html`aria-invalid="true" aria-describedby="error" autofocus`}></p>
          ${error === undefined ? '' : html`<p id="error" class="error" role="alert">${error}</p>`}
          <p class="buttons"><button>Connect</button></p>
        </form>
        ${cancelForm(handshake, context)}
        <p class="soft">${warningOf(handshake, site)}</p>`
    })
  }

  return (_request, reply, handshake) => show(reply, handshake, 200)
}
