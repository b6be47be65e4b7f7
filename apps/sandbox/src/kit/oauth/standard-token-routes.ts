import type { FastifyInstance, FastifyRequest } from 'fastify'
import { credentialsOf } from '../http/authorization.ts'
import type { CodeStore } from './code-store.ts'
import type { Grant, GrantStore } from './grant-store.ts'
import { OAuth2Error } from './oauth2-error.ts'
import type { RegisteredClient } from './registered-client.ts'
import { addRevocationRoute } from './revocation-route.ts'
import { tokenEndpoint } from './token-endpoint.ts'

export interface StandardTokenRoutes {
  tokenPath: string
  /** RFC 7009. Default: the service cannot revoke tokens. */
  revokePath?: string | undefined
  client: RegisteredClient
  codes: CodeStore
  grants: GrantStore
}

/** The token endpoint of RFC 6749, for codes and refresh tokens, and the revocation endpoint. */
export function standardTokenRoutes (app: FastifyInstance, routes: StandardTokenRoutes): void {
  const { tokenPath, revokePath, client, codes, grants } = routes

  tokenEndpoint(app, {
    path: tokenPath,
    authenticate: assertClient,

    grantTypes: {
      authorization_code (parameters) {
        const code = codes.redeem(parameters.get('code') ?? '')
        if (code === undefined || code.redirectUri !== parameters.get('redirect_uri')) throw new OAuth2Error('invalid_grant')
        return toTokenResponse(grants.issue(code.account, client.id, undefined))
      },

      refresh_token (parameters) {
        const token = parameters.get('refresh_token') ?? ''
        const grant = grants.byRefreshToken(token)
        if (grant === undefined || grants.isRefreshExpired(grant)) {
          grants.countRefused(token)
          throw new OAuth2Error('invalid_grant')
        }
        return toTokenResponse(grants.refresh(grant))
      }
    },

    unsupported: () => new OAuth2Error('unsupported_grant_type')
  })

  if (revokePath !== undefined) addRevocationRoute(app, revokePath, { grants, assertClient })

  function assertClient (parameters: URLSearchParams, request: FastifyRequest): void {
    const { id, secret } = clientOf(parameters, request)
    if (id !== client.id || secret !== client.secret) throw new OAuth2Error('invalid_client', 401)
  }
}

/** The account of a request with a valid access token in its Authorization header. Throws OAuth2Error. */
export function accountOfToken (request: FastifyRequest, grants: GrantStore): string {
  const grant = grants.byAccessToken(credentialsOf(request, 'bearer') ?? '')
  if (grant === undefined) throw new OAuth2Error('invalid_token', 401)
  // The words of RFC 6750 §3.
  if (grants.isExpired(grant)) throw new OAuth2Error('invalid_token', 401, 'The access token expired')
  return grant.account
}

/** The client of a request by RFC 6749 §2.3.1: in the body, or in Basic with encoded parts. */
export function clientOf (parameters: URLSearchParams, request: FastifyRequest): { id: string | null, secret: string | null } {
  const basic = credentialsOf(request, 'basic')
  if (basic === undefined) return { id: parameters.get('client_id'), secret: parameters.get('client_secret') }
  const parts = Buffer.from(basic, 'base64').toString().split(':')
  const [id = '', secret = ''] = parts.map((part) => new URLSearchParams(`part=${part}`).get('part') ?? '')
  return { id, secret }
}

function toTokenResponse ({ accessToken, refreshToken, issuedMs, accessExpiresMs }: Grant): object {
  const expiresIn = (accessExpiresMs - issuedMs) / 1000
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    ...Number.isFinite(expiresIn) && { expires_in: expiresIn },
    ...refreshToken !== undefined && { refresh_token: refreshToken }
  }
}
