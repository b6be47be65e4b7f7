import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  bindHandshake, claimHandshake, confirmHandshake, findHandshake, findHandshakeByState, isBrowserOf, mayConfirm,
  supersedeHandshakes
} from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { publicId } from '@carillon/shared/db'
import type { Provider } from '@carillon/shared/providers'
import { chargeOutgoing } from '../../outgoing-budget.ts'
import { foreign, html } from '../html.ts'
import { sendPage } from '../page.ts'
import type { Services } from '../../services.ts'
import { startUrl, withOutcome } from '../../handshakes/addresses.ts'
import { newSecret } from '../browser/browser-cookies.ts'
import type { BrowserCookies } from '../browser/browser-cookies.ts'
import type { Endings } from '../endings.ts'
import { isOver } from '../endings.ts'
import { findNamedHandshake, textIn } from '../browser/find-handshake.ts'
import { abandonHandshake } from '../../handshakes/finish-handshake.ts'
import { openHandshake } from '../../handshakes/open-handshake.ts'
import { sendFailure } from '../outcome-pages.ts'
import type { ShowStart } from '../provider-pages.ts'
import { requireOwnTeam } from '../../handshakes/assert-own-team.ts'
import { isSameOrigin } from '../browser/same-origin.ts'
import { headingOf, warningOf } from '../handshake-texts.ts'
import type { RedirectWay } from './redirect-pages.ts'

/** Its endpoints, a registration and a request token. */
const requestsToBegin = 3

/**
 * `/start`: shows who is about to connect what, so that a link which was forwarded to somebody else does not quietly bind
 * their account, and on confirmation binds the handshake to this browser and sends it to the provider.
 */
export function addConfirm (
  scope: FastifyInstance, provider: Provider, way: RedirectWay, browser: BrowserCookies, services: Services, endings: Endings
): ShowStart {
  const { database, now, site, vault } = services

  scope.post('/start', { schema: { hide: true } }, async (request, reply) => {
    const handshake = await findNamedHandshake(services, provider, request.body, 'redirect')
    if (handshake === undefined) return sendFailure(reply, 'unknownHandshake', { site, provider })
    if (!isSameOrigin(request, site)) return sendFailure(reply, 'notSameOrigin', { site, provider })
    const proof = { cookie: browser.read(request, handshake.id), form: textIn(request.body, 'form') || undefined }
    if (!mayConfirm(handshake, proof)) return sendFailure(reply, 'foreignCookie', { site, provider })
    if (handshake.isObtained) return await endings.outcome(reply, handshake)
    if (provider.handshakes.code === undefined) {
      // Each confirmation asks the host for a request token, however often the same handshake is confirmed.
      const { userId, account } = handshake
      await chargeOutgoing(services, { holder: { userId }, provider, account, cost: requestsToBegin })
    }
    const secrets = browser.readAll(request)
    const secret = newSecret()
    const state = await confirmHandshake(database, { id: handshake.id, browser: secret, proof }, now())
    if (state === undefined) return await refuse(reply, handshake)
    browser.give(request, reply, handshake.id, secret)
    if (!way.isMarked) {
      const canRevoke = provider.revoke !== undefined
      await supersedeHandshakes(database, vault, { id: handshake.id, browsers: secrets, provider: provider.id, canRevoke }, now())
    }
    return await begin(request, reply, handshake, state)
  })

  // Once more, for what was not allowed. Only the browser that has connected may, in the name of the same user.
  scope.post('/again', { schema: { hide: true } }, async (request, reply) => {
    const handshake = await findNamedHandshake(services, provider, request.body, 'redirect')
    const secret = handshake === undefined ? undefined : browser.read(request, handshake.id)
    if (handshake === undefined || handshake.status !== 'completed') return sendFailure(reply, 'unknownHandshake', { site, provider })
    if (!isSameOrigin(request, site)) return sendFailure(reply, 'notSameOrigin', { site, provider })
    if (secret === undefined || !isBrowserOf(handshake, secret)) return sendFailure(reply, 'foreignCookie', { site, provider })
    const { userId, team, account, returnTo } = handshake
    if (team?.isOwn === false) return sendFailure(reply, 'notOwner', { site, provider })
    const id = await openHandshake(services, provider, {
      userId, teamId: team?.id, kind: 'redirect', account: account ?? undefined, returnTo: returnTo ?? undefined
    })
    const own = newSecret()
    await bindHandshake(database, { id, browser: own }, now())
    browser.give(request, reply, id, own)
    return reply.redirect(startUrl(site, provider.id, id), 303)
  })

  /** Another browser confirmed, or another request ended the handshake, since it was looked up. */
  async function refuse (reply: FastifyReply, handshake: Handshake): Promise<FastifyReply> {
    const current = await findHandshake(database, handshake.id, now()) ?? handshake
    return isOver(current) ? endings.over(reply, current) : sendFailure(reply, 'foreignCookie', { site, provider })
  }

  async function begin (
    request: FastifyRequest, reply: FastifyReply, handshake: Handshake, state: string
  ): Promise<FastifyReply> {
    try {
      requireOwnTeam(handshake)
      const url = await way.begin(request, reply, handshake, state)
      return url === undefined ? endings.over(reply, handshake) : reply.redirect(url, 303)
    } catch (error) {
      const ours = await findHandshakeByState(database, state, now())
      if (ours === undefined || !await claimHandshake(database, ours, now())) return endings.over(reply, handshake)
      return endings.failed(reply, handshake, await abandonHandshake(services, provider, handshake, error))
    }
  }

  return (_request, reply, handshake) => {
    const { id, account, team, returnTo } = handshake
    const use = team === null ? 'can send to your account there' : html`can use your account there for everybody in ${foreign(team.name)}`
    return sendPage(reply, 200, {
      title: `Connect ${provider.name}`,
      publicUrl: site.publicUrl,
      content: html`
        <h1>${headingOf(handshake, provider, site)}</h1>
        <p>${provider.name} will ask you to allow it${account === null ? '' : html` for <strong>${foreign(account)}</strong>`}. After that, <em>${foreign(site.name)}</em> ${use}.</p>
        <p class="soft">${warningOf(handshake, site)}</p>
        <form class="buttons" method="post" action="${site.publicUrl}/connect/${provider.id}/start">
          <input type="hidden" name="handshake" value="${publicId('handshake', id)}">
          <input type="hidden" name="form" value="${newSecret()}">
          <button>Connect ${provider.name}</button>
          ${returnTo === null ? '' : html`<a class="button quiet" href="${withOutcome(returnTo, { carillon: 'failed', provider: provider.id, reason: 'canceled' })}">Cancel</a>`}
        </form>`
    })
  }
}
