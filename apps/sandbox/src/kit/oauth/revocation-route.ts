import type { FastifyInstance, FastifyRequest } from 'fastify'
import { formOf } from '../http/parameters.ts'
import type { GrantStore } from './grant-store.ts'

export interface Revocation {
  grants: GrantStore
  /** Throws OAuth2Error for an unknown client. */
  assertClient: (parameters: URLSearchParams, request: FastifyRequest) => void
}

/** The revocation endpoint of RFC 7009, which succeeds for an unknown token too. */
export function addRevocationRoute (app: FastifyInstance, path: string, { grants, assertClient }: Revocation): void {
  app.post(path, async (request) => {
    const parameters = formOf(request)
    assertClient(parameters, request)
    const token = parameters.get('token') ?? ''
    const grant = grants.byAccessToken(token) ?? grants.byRefreshToken(token)
    if (grant !== undefined) grants.remove(grant)
    return {}
  })
}
