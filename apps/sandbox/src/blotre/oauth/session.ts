import type { FastifyRequest, preHandlerAsyncHookHandler } from 'fastify'
import { expired, unauthorized } from '../http/blotre-error.ts'
import type { Grants } from './grants.ts'
import { queryOf } from '../http/read-request.ts'
import type { User } from '../store/objects.ts'

declare module 'fastify' {
  interface FastifyRequest {
    blotreUser: User | undefined
  }
}

/** For routes that write; whatever is read is public. */
export function authorizing (grants: Grants): preHandlerAsyncHookHandler {
  return async (request) => {
    const grant = grants.byAccessToken(tokenOf(request) ?? '')
    if (grant === undefined) throw unauthorized()
    if (grants.isExpired(grant)) throw expired()
    request.blotreUser = grant.member.user
  }
}

export function userOf (request: FastifyRequest): User {
  if (request.blotreUser === undefined) throw unauthorized()
  return request.blotreUser
}

/** The query wins over the header, of which the word characters after the first `Bearer ` are taken. */
function tokenOf (request: FastifyRequest): string | undefined {
  return queryOf(request, 'access_token') ?? /Bearer (\w+)/.exec(request.headers.authorization ?? '')?.[1]
}
