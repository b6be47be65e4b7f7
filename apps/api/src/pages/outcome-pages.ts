import type { FastifyReply } from 'fastify'
import type { HandshakeTeam } from '@carillon/shared/handshakes'
import { publicId } from '@carillon/shared/db'
import type { Provider } from '@carillon/shared/providers'
import { foreign, html } from './html.ts'
import { sendPage } from './page.ts'
import type { Problem } from '../problems/problem.ts'
import type { Site } from '../services.ts'
import { describeReason, reasons } from '../handshakes/reasons.ts'
import type { Reason } from '../handshakes/reasons.ts'

/** Says why there is no connection. `backTo` is where the visitor may go from here. */
export function sendFailure (
  reply: FastifyReply, reason: Reason, { site, provider, backTo }: { site: Site, provider?: Provider, backTo?: string | null }
): FastifyReply {
  const { title, text } = describeReason(reason, provider?.name)
  return sendPage(reply, reasons[reason].status, {
    title,
    publicUrl: site.publicUrl,
    content: html`
      <h1>${title}</h1>
      <p>${text}</p>
      ${typeof backTo === 'string' ? html`<p class="buttons"><a class="button" href="${backTo}">Back to ${foreign(site.name)}</a></p>` : ''}
      <p class="soft">Reason: ${reason}</p>`
  })
}

/** Nothing has changed: the visitor may do the same again once they have waited. */
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
  { site, provider, handshakeId, team, accountName, missingPermissions }: {
    site: Site
    provider: Provider
    handshakeId: string
    team: HandshakeTeam | null
    accountName: string
    missingPermissions: string[]
  }
): FastifyReply {
  const words = team === null
    ? html`Notifications of <em>${foreign(site.name)}</em> now go to the account <strong>${foreign(accountName)}</strong>.`
    : html`<em>${foreign(site.name)}</em> now uses the account <strong>${foreign(accountName)}</strong> for everybody in the team <strong>${foreign(team.name)}</strong>.`
  return sendPage(reply, 200, {
    title: `${provider.name} is connected`,
    publicUrl: site.publicUrl,
    content: html`
      <h1>${provider.name} is connected</h1>
      <p>${words}</p>
      ${missingPermissions.length === 0
        ? ''
        : html`
      <p>You have not allowed <strong>${missingPermissions.join(', ')}</strong>, without which something will be missing.</p>
      <form class="buttons" method="post" action="${site.publicUrl}/connect/${provider.id}/again">
        <input type="hidden" name="handshake" value="${publicId('handshake', handshakeId)}">
        <button>Reconnect to allow it</button>
      </form>`}
      <p class="soft">You can close this page.</p>`
  })
}
