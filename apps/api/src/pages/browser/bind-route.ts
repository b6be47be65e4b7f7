import type { FastifyInstance } from 'fastify'
import { readBearer } from '../../auth/bearer.ts'
import { createUserTokens } from '../../auth/user-tokens.ts'
import type { ProviderContext } from '../provider-context.ts'
import { bindBrowser } from './bind-browser.ts'
import { findNamedHandshake } from './find-handshake.ts'
import { isSameOrigin } from './same-origin.ts'

/** `/bind`: the connect page binds a handshake that it created to its browser. It proves the user with their token. */
export function addBindRoute (scope: FastifyInstance, context: ProviderContext): void {
  const { provider, services, replies } = context
  const tokens = createUserTokens(services.vault, services.now)

  scope.post('/bind', { schema: { hide: true } }, async (request, reply) => {
    if (!isSameOrigin(request, services.site)) return replies.refuse(reply, 'notSameOrigin')
    const token = readBearer(request)
    const subject = token === undefined ? undefined : await tokens.verify(token)
    const handshake = await findNamedHandshake(services, provider, request.body)
    if (handshake === undefined || handshake.userId !== subject?.userId) return replies.refuse(reply, 'unknownHandshake')
    if (!await bindBrowser(request, reply, handshake, context)) return replies.refuse(reply, 'foreignCookie')
    return reply.code(204).header('cache-control', 'no-store').send()
  })
}
