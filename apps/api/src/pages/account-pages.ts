import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isBrowserOf, openObtainedGrant } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { publicId } from '@carillon/shared/db'
import type { Grant, Provider } from '@carillon/shared/providers'
import { foreign, html } from './html.ts'
import { sendPage } from './page.ts'
import type { Services } from '../services.ts'
import type { BrowserCookies } from './browser/browser-cookies.ts'
import { decideAccount } from '../handshakes/decide-account.ts'
import type { Endings } from './endings.ts'
import { findNamedHandshake, textIn } from './browser/find-handshake.ts'
import { sendFailure } from './outcome-pages.ts'
import { isSameOrigin } from './browser/same-origin.ts'
import { isOtherAccount } from '../handshakes/store-grant.ts'
import { forWhom, identityOf } from './handshake-texts.ts'

/** `/account`: shows whose account the provider gave access to, and stores it only when this browser's user says so. */
export function addAccountPages (
  scope: FastifyInstance, provider: Provider, browser: BrowserCookies, services: Services, endings: Endings
): void {
  const { site, vault } = services

  scope.get('/account', { schema: { hide: true } }, async (request, reply) => {
    const handshake = await findOwn(request, reply, request.query)
    if (handshake === undefined) return reply
    const grant = handshake.status === 'pending' ? openObtainedGrant(vault, handshake) : undefined
    if (grant === undefined) return await endings.outcome(reply, handshake)
    reply.header('referrer-policy', 'same-origin')
    return show(reply, handshake, grant)
  })

  scope.post('/account', { schema: { hide: true } }, async (request, reply) => {
    if (!isSameOrigin(request, site)) return sendFailure(reply, 'notSameOrigin', { site, provider })
    const handshake = await findOwn(request, reply, request.body)
    if (handshake === undefined) return reply
    const decided = await decideAccount(services, provider, handshake, textIn(request.body, 'decision') === 'connect')
    if (decided.kind === 'failed') return endings.failed(reply, handshake, decided.reason)
    if (decided.kind === 'over') return await endings.outcome(reply, handshake)
    const { account: { name }, missingPermissions = [] } = decided.grant
    return endings.connected(reply, handshake, { accountName: name, missingPermissions })
  })

  /** The handshake, if it belongs to this browser; otherwise the reason is sent. */
  async function findOwn (request: FastifyRequest, reply: FastifyReply, input: unknown): Promise<Handshake | undefined> {
    const handshake = await findNamedHandshake(services, provider, input)
    const secret = handshake === undefined ? undefined : browser.read(request, handshake.id)
    if (handshake === undefined) sendFailure(reply, 'unknownHandshake', { site, provider })
    else if (secret === undefined || !isBrowserOf(handshake, secret)) sendFailure(reply, 'foreignCookie', { site, provider })
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
          : html`<p>${provider.name} gave access to this account. We connect it only after you confirm that it is yours.</p>`}
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
