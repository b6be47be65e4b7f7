import type { FastifyInstance } from 'fastify'
import type { Provider } from '@carillon/shared/providers'
import { createUserTokens } from '../../auth/user-tokens.ts'
import type { Services } from '../../services.ts'
import type { BrowserCookies } from './browser-cookies.ts'
import { findNamedHandshake } from './find-handshake.ts'
import { holdHandshake } from './hold-handshake.ts'
import { sendFailure } from '../outcome-pages.ts'
import { isSameOrigin } from './same-origin.ts'

/** `/bind`: our connect page ties a handshake that it has just created to its browser, with the token of the handshake's user. */
export function addBind (scope: FastifyInstance, provider: Provider, browser: BrowserCookies, services: Services): void {
  const { site, vault, now } = services
  const tokens = createUserTokens(vault, now)

  scope.post('/bind', { schema: { hide: true } }, async (request, reply) => {
    if (!isSameOrigin(request, site)) return sendFailure(reply, 'notSameOrigin', { site, provider })
    const [, token = ''] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? []
    const subject = await tokens.verify(token)
    const handshake = await findNamedHandshake(services, provider, request.body)
    if (handshake === undefined || handshake.userId !== subject?.userId) return sendFailure(reply, 'unknownHandshake', { site, provider })
    if (!await holdHandshake(request, reply, handshake, browser, services)) return sendFailure(reply, 'foreignCookie', { site, provider })
    return reply.code(204).header('cache-control', 'no-store').send()
  })
}
