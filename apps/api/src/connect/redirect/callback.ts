import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { claimHandshake, isBrowserOf } from '@carillon/shared/connections'
import type { Handshake } from '@carillon/shared/connections'
import type { Provider } from '@carillon/shared/providers'
import type { Services } from '../../services.ts'
import type { BrowserCookie } from '../browser-cookie.ts'
import type { Endings } from '../endings.ts'
import { abandonHandshake, finishHandshake } from '../finish.ts'
import { sendFailure } from '../outcome-pages.ts'
import { requireOwnTeam } from '../require-own-team.ts'
import type { RedirectWay } from './redirect.ts'

/**
 * `/callback`: the provider's answer. It counts only in the browser that confirmed, and once. Whoever comes without that
 * browser's cookie changes nothing and is not sent to the site: the handshake stays open for the one it belongs to.
 */
export function addCallback (
  scope: FastifyInstance, provider: Provider, way: RedirectWay, browser: BrowserCookie, services: Services, endings: Endings
): void {
  const { database, now, site } = services

  // A HEAD would use the handshake up for an answer that nobody sees.
  scope.get('/callback', { schema: { hide: true }, exposeHeadRoute: false }, async (request, reply) => {
    const secret = browser.read(request)
    const handshake = await way.match(request, secret)
    if (typeof handshake === 'string') return sendFailure(reply, handshake, { site, provider })
    if (secret === undefined) return sendFailure(reply, 'noCookie', { site, provider })
    if (!isBrowserOf(handshake, secret)) return sendFailure(reply, 'foreignCookie', { site, provider })

    if (handshake.status === 'expired' && !handshake.claimed) return endings.failed(reply, handshake, 'expired')
    // The first callback has told the site what came of it; a reload of the page must not say otherwise.
    if (!await claimHandshake(database, handshake, now())) {
      return sendFailure(reply, 'alreadyUsed', { site, provider, backTo: handshake.returnTo })
    }
    return await finish(request, reply, handshake)
  })

  async function finish (request: FastifyRequest, reply: FastifyReply, handshake: Handshake): Promise<FastifyReply> {
    try {
      requireOwnTeam(handshake)
      const grant = await way.obtain(request, handshake)
      await finishHandshake(services, provider, handshake, grant)
      return endings.connected(reply, handshake, {
        accountName: grant.account.name, missingPermissions: grant.missingPermissions ?? []
      })
    } catch (error) {
      return endings.failed(reply, handshake, await abandonHandshake(services, provider, handshake, error))
    }
  }
}
