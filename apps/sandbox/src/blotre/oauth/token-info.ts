import type { FastifyInstance, FastifyRequest } from 'fastify'
import { notFound } from '../http/blotre-error.ts'
import type { Grant } from './grants.ts'
import { noCache } from './no-cache.ts'
import { requiredQueryOf } from '../http/read-request.ts'
import { showUser } from '../store/users.ts'
import type { World } from '../world.ts'

/** Both take either token of a pair, as long as that one lives: an expired access token is no token here. */
export function tokenInfoRoutes (app: FastifyInstance, { grants }: World): void {
  app.get('/token_info', async (request, reply) => {
    reply.headers(noCache)
    const grant = findLiving(request)
    return {
      issued: grant.issuedMs,
      expires_in: grants.expiresInSeconds(grant),
      client_id: grant.clientId,
      // Of a pair whose access token has expired nobody is told the user.
      user: grants.isExpired(grant) ? null : showUser(grant.member)
    }
  })

  app.post('/revoke', async (request, reply) => {
    reply.headers(noCache)
    Object.assign(findLiving(request), { accessSeconds: 0, refreshSeconds: 0 })
    return reply.type('text/plain; charset=utf-8').send('')
  })

  function findLiving (request: FastifyRequest): Grant {
    const token = requiredQueryOf(request, 'token')
    const byAccess = grants.byAccessToken(token)
    if (byAccess !== undefined && !grants.isExpired(byAccess)) return byAccess
    const byRefresh = grants.byRefreshToken(token)
    if (byRefresh !== undefined && !grants.isRefreshExpired(byRefresh)) return byRefresh
    throw notFound('No such token.')
  }
}
