import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { claimHandshake, findHandshake, isBrowserOf } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import type { Services } from '../../services.ts'
import { accountUrl } from '../../handshakes/addresses.ts'
import type { BrowserCookies } from '../browser/browser-cookies.ts'
import type { Endings } from '../endings.ts'
import { isOver } from '../endings.ts'
import { abandonHandshake } from '../../handshakes/finish-handshake.ts'
import { isNavigation } from '../browser/is-navigation.ts'
import { sendFailure } from '../outcome-pages.ts'
import { requireOwnTeam } from '../../handshakes/assert-own-team.ts'
import { settleGrant } from '../../handshakes/store-grant.ts'
import type { RedirectWay } from './redirect-pages.ts'

/**
 * `/callback`: the provider's answer. It is used once, and only in the browser that confirmed. Every later request of that
 * browser is shown what came of it; any other browser changes nothing and is not sent to the site.
 */
export function addCallback (
  scope: FastifyInstance, provider: Provider, way: RedirectWay, browser: BrowserCookies, services: Services, endings: Endings
): void {
  const { database, now, site } = services

  // A HEAD request would use the handshake up for an answer that no person sees.
  scope.get('/callback', { schema: { hide: true }, exposeHeadRoute: false }, async (request, reply) => {
    if (!isNavigation(request)) return sendFailure(reply, 'notNavigation', { site, provider })
    const secrets = browser.readAll(request)
    const match = await way.match(request, secrets)
    if (typeof match === 'string') return sendFailure(reply, match, { site, provider })
    const { handshake, answer } = match
    const secret = browser.read(request, handshake.id)
    if (secret === undefined || !isBrowserOf(handshake, secret)) {
      return sendFailure(reply, secrets.length === 0 ? 'noCookie' : 'foreignCookie', { site, provider })
    }
    if (handshake.status === 'expired' && !handshake.claimed) return endings.failed(reply, handshake, 'expired')
    if (await claimHandshake(database, handshake, now(), answer)) return await finish(request, reply, handshake)
    return await showOutcome(reply, handshake)
  })

  async function finish (request: FastifyRequest, reply: FastifyReply, handshake: Handshake): Promise<FastifyReply> {
    try {
      requireOwnTeam(handshake)
      const grant = await way.obtain(request, handshake)
      const settled = await settleGrant(services, provider, handshake, grant, !way.isMarked)
      if (settled === 'held') return reply.redirect(accountUrl(site, provider.id, handshake.id), 303)
      return endings.connected(reply, handshake, {
        accountName: grant.account.name, missingPermissions: grant.missingPermissions ?? []
      })
    } catch (error) {
      return endings.failed(reply, handshake, await abandonHandshake(services, provider, handshake, error))
    }
  }

  /** Another request has used the handshake, unless it was confirmed again and waits for another answer. */
  async function showOutcome (reply: FastifyReply, { id }: Handshake): Promise<FastifyReply> {
    const current = await findHandshake(database, id, now())
    if (current === undefined || (!isOver(current) && !current.isObtained)) return sendFailure(reply, 'unknownState', { site, provider })
    return await endings.outcome(reply, current)
  }
}
