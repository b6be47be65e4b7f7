import type { FastifyReply } from 'fastify'
import { publicId } from '@carillon/shared/db'
import type { Handshake } from '@carillon/shared/handshakes'
import type { NewSecret, Provider } from '@carillon/shared/providers'
import type { Outcome } from '../handshakes/outcome/handshake-outcome.ts'
import { describeReason, reasons } from '../handshakes/outcome/reasons.ts'
import type { Reason } from '../handshakes/outcome/reasons.ts'
import type { Problem } from '../problems/problem.ts'
import type { Site } from '../services.ts'
import { foreign, foreignText, html } from './html.ts'
import type { Html } from './html.ts'
import { sendPage } from './page.ts'

/** The database or the provider may respond again after this time. */
const retryAfterSeconds = 5

/** Says why there is no connection. `backTo` is a URL of the site for the button. */
export function sendFailure (
  reply: FastifyReply, reason: Reason, { site, provider, backTo }: { site: Site, provider?: Provider, backTo?: string | null }
): FastifyReply {
  const { status } = reasons[reason]
  if (status === 503 && !reply.hasHeader('retry-after')) reply.header('retry-after', retryAfterSeconds)
  const { title, text } = describeReason(reason, { site: foreignText(site.name), provider: provider?.name })
  return sendPage(reply, status, {
    title,
    publicUrl: site.publicUrl,
    content: html`
      <h1>${title}</h1>
      <p>${text}</p>
      ${typeof backTo === 'string' ? html`<p class="buttons"><a class="button" href="${backTo}">Back to ${foreign(site.name)}</a></p>` : ''}
      <p class="soft">Reason: ${reason}${reason === 'internal' ? html`<br>Request: ${reply.request.id}` : ''}</p>`
  })
}

/** Nothing has changed. The user may repeat the request after the time in the message. */
export function sendTooManyRequests (reply: FastifyReply, { status, message }: Problem, site: Site): FastifyReply {
  return sendPage(reply, status, {
    title: 'Too many requests',
    publicUrl: site.publicUrl,
    content: html`
      <h1>Too many requests</h1>
      <p>${message}.</p>
      <p class="soft">Nothing has changed. Go back and try again after that time.</p>`
  })
}

export function sendSuccess (
  reply: FastifyReply,
  { site, provider, handshake: { id, team }, outcome: { accountName, missingPermissions, newSecret }, backTo = null }: {
    site: Site
    provider: Provider
    handshake: Handshake
    outcome: Extract<Outcome, { kind: 'connected' }>
    /** A URL of the site. */
    backTo?: string | null
  }
): FastifyReply {
  const text = team === null
    ? html`<em>${foreign(site.name)}</em> now sends notifications to the account <strong>${foreign(accountName)}</strong>.`
    : html`<em>${foreign(site.name)}</em> now uses the account <strong>${foreign(accountName)}</strong> for everyone in the team <strong>${foreign(team.name)}</strong>.`
  return sendPage(reply, 200, {
    title: `${provider.name} is connected`,
    publicUrl: site.publicUrl,
    ...newSecret !== undefined && { script: 'copy.js' },
    content: html`
      <h1>${provider.name} is connected</h1>
      <p>${text}</p>
      ${newSecret === undefined ? '' : secretBox(newSecret)}
      ${missingPermissions.length === 0
        ? ''
        : html`
      <p>You did not allow <strong>${missingPermissions.join(', ')}</strong>. Some features need it.</p>
      <form class="buttons" method="post" action="${site.publicUrl}/connect/${provider.id}/again">
        <input type="hidden" name="handshake" value="${publicId('handshake', id)}">
        <button>Reconnect to allow it</button>
      </form>`}
      ${backTo === null
        ? html`<p class="soft">You can close this page${newSecret === undefined ? '' : ' after you have stored it'}.</p>`
        : html`<p class="buttons"><a class="button" href="${backTo}">Continue to ${foreign(site.name)}</a></p>`}`
  })
}

/** The button works with a script only. Without one, the user selects the text, of which a click selects everything. */
function secretBox ({ label, value, hint }: NewSecret): Html {
  return html`
      <h2 id="secret-label">${label}</h2>
      <p class="secret"><code id="secret" aria-labelledby="secret-label">${value}</code>
        <button id="copy" class="quiet" type="button" data-copied="Copied" hidden>Copy</button></p>
      <p>${hint}</p>
      <p class="soft">Store it now. You cannot read it again later, but you can connect the same address again to get a new one.</p>`
}
