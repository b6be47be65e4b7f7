import type { FastifyInstance, FastifyReply } from 'fastify'
import { publicId } from '@carillon/shared/db'
import { isProven, openAwaitedGrant } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { confirmByLink } from '../../handshakes/address/confirm-address.ts'
import { isOwnHandshake } from '../../handshakes/browser-binding.ts'
import { isOver } from '../../handshakes/outcome/handshake-outcome.ts'
import { textIn } from '../../handshakes/text-in.ts'
import { findNamedHandshake } from '../browser/find-handshake.ts'
import { isSameOrigin } from '../browser/same-origin.ts'
import { forWhom, identityOf } from './handshake-texts.ts'
import { foreign, html } from '../html.ts'
import { sendSuccess } from '../outcome-pages.ts'
import { sendPage } from '../page.ts'
import { costs } from '../../rate-limits/costs.ts'
import type { ProviderContext } from '../provider-context.ts'

/**
 * `/confirm`: the link in the message. It needs no cookie, because the user may read the message on another device: the secret in
 * the link is the proof. Opening it changes nothing, because programs open links too.
 */
export function addConfirmLinkPage (scope: FastifyInstance, { provider, services, cookies, replies }: ProviderContext): void {
  const { site, vault } = services

  scope.get('/confirm', { schema: { hide: true } }, async (request, reply) => {
    const handshake = await findNamedHandshake(services, provider, request.query, 'confirm')
    if (handshake === undefined) return replies.refuse(reply, 'unknownHandshake')
    if (isOver(handshake)) {
      const isFinished = handshake.status !== 'expired' && isOwnHandshake(handshake, cookies.read(request))
      return isFinished ? await replies.awaitEnd(reply, handshake) : replies.over(reply, handshake)
    }
    const link = textIn(request.query, 'link')
    if (!isProven(vault, handshake, { link })) return replies.refuse(reply, 'linkReplaced')
    reply.header('referrer-policy', 'same-origin')
    return show(reply, handshake, link)
  })

  scope.post('/confirm', { config: { cost: costs.outgoing }, schema: { hide: true } }, async (request, reply) => {
    if (!isSameOrigin(request, site)) return replies.refuse(reply, 'notSameOrigin')
    const handshake = await findNamedHandshake(services, provider, request.body, 'confirm')
    if (handshake === undefined) return replies.refuse(reply, 'unknownHandshake')
    const isOwn = isOwnHandshake(handshake, cookies.read(request))
    const result = await confirmByLink(services, provider, handshake, textIn(request.body, 'link'))
    if (result.kind === 'over') {
      if (!isOver(handshake)) return replies.refuse(reply, 'linkReplaced')
      return isOwn ? await replies.awaitEnd(reply, handshake) : replies.over(reply, handshake)
    }
    // On another device, the page of the site would ask the user to log in again.
    if (isOwn) return replies.end(reply, handshake, result)
    if (result.kind === 'failed') return replies.refuse(reply, result.reason)
    // A secret is for the user who started the handshake, and not for everyone who can read the message.
    return sendSuccess(reply, { site, provider, handshake, outcome: { ...result, newSecret: undefined } })
  })

  function show (reply: FastifyReply, handshake: Handshake, link: string): FastifyReply {
    const name = openAwaitedGrant(vault, handshake)?.account.name ?? ''
    return sendPage(reply, 200, {
      title: `Connect ${provider.name}`,
      publicUrl: site.publicUrl,
      content: html`
        <h1>Connect <strong>${foreign(name)}</strong> ${forWhom(handshake, site)}?</h1>
        <p>After that, <em>${foreign(site.name)}</em> sends the notifications of this account to <strong>${foreign(name)}</strong>.</p>
        <p class="soft">${identityOf(handshake, site)} If this is not your account, another person entered your address: close this page.</p>
        <form class="buttons" method="post" action="${site.publicUrl}/connect/${provider.id}/confirm">
          <input type="hidden" name="handshake" value="${publicId('handshake', handshake.id)}">
          <input type="hidden" name="link" value="${link}">
          <button>Connect</button>
        </form>`
    })
  }
}
