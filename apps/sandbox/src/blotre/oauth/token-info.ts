import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Grant } from '../../kit/oauth/grant-store.ts'
import { showUser } from '../api/show.ts'
import { notFound } from '../http/blotre-error.ts'
import { NO_CACHE, requiredQueryOf } from '../http/read-request.ts'
import type { World } from '../world.ts'

/** Both routes accept either token of a grant, if that token has not expired. */
export function tokenInfoRoutes (app: FastifyInstance, { clock, grants, users }: World): void {
  app.get('/token_info', async (request, reply) => {
    reply.headers(NO_CACHE)
    const grant = findValid(request)
    return {
      issued: grant.issuedMs,
      expires_in: Math.max(0, Math.ceil((grant.accessExpiresMs - clock.nowMs()) / 1000)),
      client_id: grant.clientId,
      // Blot're omits the user when only the refresh token is valid.
      user: grants.isExpired(grant) ? null : showUser(users.open(grant.account))
    }
  })

  app.post('/revoke', async (request, reply) => {
    reply.headers(NO_CACHE)
    const grant = findValid(request)
    grant.accessExpiresMs = grant.refreshExpiresMs = grant.issuedMs
    return reply.type('text/plain; charset=utf-8').send('')
  })

  function findValid (request: FastifyRequest): Grant {
    const token = requiredQueryOf(request, 'token')
    const byAccess = grants.byAccessToken(token)
    if (byAccess !== undefined && !grants.isExpired(byAccess)) return byAccess
    const byRefresh = grants.byRefreshToken(token)
    if (byRefresh !== undefined && !grants.isRefreshExpired(byRefresh)) return byRefresh
    throw notFound('No such token.')
  }
}
