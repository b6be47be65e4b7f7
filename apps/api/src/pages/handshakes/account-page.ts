import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { publicId } from '@carillon/shared/db'
import { openObtainedGrant } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import type { Grant } from '@carillon/shared/providers'
import { isOwnHandshake } from '../../handshakes/browser-binding.ts'
import { decideAccount } from '../../handshakes/finish/decide-account.ts'
import { isOtherAccount } from '../../handshakes/finish/store-grant.ts'
import { textIn } from '../../handshakes/text-in.ts'
import { findNamedHandshake } from '../browser/find-handshake.ts'
import { isSameOrigin } from '../browser/same-origin.ts'
import { forWhom, identityOf } from './handshake-texts.ts'
import { foreign, html } from '../html.ts'
import { sendPage } from '../page.ts'
import { costs } from '../../rate-limits/costs.ts'
import type { ProviderContext } from '../provider-context.ts'

/** `/account`: shows the account that the provider gave access to, and connects it when the user confirms it. */
export function addAccountPage (scope: FastifyInstance, { provider, services, cookies, replies }: ProviderContext): void {
  const { site, vault } = services

  scope.get('/account', { schema: { hide: true } }, async (request, reply) => {
    const handshake = await findOwn(request, reply, request.query)
    if (handshake === undefined) return reply
    const grant = handshake.status === 'pending' ? openObtainedGrant(vault, handshake) : undefined
    if (grant === undefined) return await replies.awaitEnd(reply, handshake)
    reply.header('referrer-policy', 'same-origin')
    return show(reply, handshake, grant)
  })

  scope.post('/account', { config: { cost: costs.outgoing }, schema: { hide: true } }, async (request, reply) => {
    if (!isSameOrigin(request, site)) return replies.refuse(reply, 'notSameOrigin')
    const handshake = await findOwn(request, reply, request.body)
    if (handshake === undefined) return reply
    const decided = await decideAccount(services, provider, handshake, textIn(request.body, 'decision') === 'connect')
    return decided.kind === 'over' ? await replies.awaitEnd(reply, handshake) : replies.end(reply, handshake, decided)
  })

  /** The handshake, if it is bound to this browser. Otherwise sends the reason. */
  async function findOwn (request: FastifyRequest, reply: FastifyReply, input: unknown): Promise<Handshake | undefined> {
    const handshake = await findNamedHandshake(services, provider, input)
    if (handshake === undefined) replies.refuse(reply, 'unknownHandshake')
    else if (!isOwnHandshake(handshake, cookies.read(request))) replies.refuse(reply, 'foreignCookie')
    else return handshake
  }

  function show (reply: FastifyReply, handshake: Handshake, { account }: Grant): FastifyReply {
    const action = `${site.publicUrl}/connect/${provider.id}/account`
    const id = publicId('handshake', handshake.id)
    const { account: named } = handshake
    return sendPage(reply, 200, {
      title: `Connect this ${provider.name} account?`,
      publicUrl: site.publicUrl,
      content: html`
        <h1>Connect the ${provider.name} account <strong>${foreign(account.name)}</strong> ${forWhom(handshake, site)}?</h1>
        ${named !== null && isOtherAccount(provider, handshake, account)
          ? html`<p class="error">You named <strong>${foreign(named)}</strong>, but ${provider.name} gave access to <strong>${foreign(account.name)}</strong>. Connect it only if it is yours.</p>`
          : html`<p>${handshake.kind === 'link' ? 'The link was opened with' : html`${provider.name} gave access to`} this account. We connect it only after you confirm that it is yours.</p>`}
        <p class="soft">${identityOf(handshake, site)}</p>
        <div class="buttons">
          <form method="post" action="${action}">
            <input type="hidden" name="handshake" value="${id}">
            <input type="hidden" name="decision" value="connect">
            <button>Connect this account</button>
          </form>
          <form method="post" action="${action}">
            <input type="hidden" name="handshake" value="${id}">
            <input type="hidden" name="decision" value="decline">
            <button class="quiet">Do not connect it</button>
          </form>
        </div>`
    })
  }
}
