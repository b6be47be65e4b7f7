import type { FastifyInstance } from 'fastify'
import { readBearer } from '../../auth/bearer.ts'
import { createUserIdentifier } from '../../auth/identify-user.ts'
import type { ProviderContext } from '../provider-context.ts'
import { bindBrowser } from './bind-browser.ts'
import { findNamedHandshake } from './find-handshake.ts'
import { isSameOrigin } from './same-origin.ts'

/** `/bind`: the connect page binds a handshake that it created to its browser. It proves the user with their token. */
export function addBindRoute (scope: FastifyInstance, context: ProviderContext): void {
  const { provider, services, replies } = context
  const identifyUser = createUserIdentifier(services)

  scope.post('/bind', { schema: { hide: true } }, async (request, reply) => {
    if (!isSameOrigin(request, services.site)) return replies.refuse(reply, 'notSameOrigin')
    const token = readBearer(request)
    const caller = token === undefined ? 'invalid' : await identifyUser(token)
    const handshake = await findNamedHandshake(services, provider, request.body)
    if (handshake === undefined || typeof caller === 'string' || handshake.userId !== caller.user.id) return replies.refuse(reply, 'unknownHandshake')
    if (!await bindBrowser(request, reply, handshake, context)) return replies.refuse(reply, 'foreignCookie')
    return reply.code(204).header('cache-control', 'no-store').send()
  })
}
