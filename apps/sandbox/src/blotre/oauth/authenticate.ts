import type { FastifyRequest, preHandlerAsyncHookHandler } from 'fastify'
import { queryOf } from '../../kit/http/parameters.ts'
import { expired, unauthorized } from '../http/blotre-error.ts'
import type { User } from '../store/objects.ts'
import type { World } from '../world.ts'

declare module 'fastify' {
  interface FastifyRequest {
    blotreUser: User | undefined
  }
}

/** For routes that write. Blot're requires no token to read. */
export function authenticate ({ grants, users }: World): preHandlerAsyncHookHandler {
  return async (request) => {
    const grant = grants.byAccessToken(tokenOf(request) ?? '')
    if (grant === undefined) throw unauthorized()
    if (grants.isExpired(grant)) throw expired()
    request.blotreUser = users.get(grant.account)
  }
}

export function userOf (request: FastifyRequest): User {
  if (request.blotreUser === undefined) throw unauthorized()
  return request.blotreUser
}

/** Blot're prefers the query to the header, and reads the word characters after the first `Bearer ` of the header. */
function tokenOf (request: FastifyRequest): string | undefined {
  return queryOf(request).get('access_token') ?? /Bearer (\w+)/.exec(request.headers.authorization ?? '')?.[1]
}
