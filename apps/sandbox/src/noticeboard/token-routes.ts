import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { credentialsOf } from '../kit/http/authorization.ts'
import type { Grant } from '../kit/oauth/grant-store.ts'
import { OAuth2Error } from '../kit/oauth/oauth2-error.ts'
import { addRevocationRoute } from '../kit/oauth/revocation-route.ts'
import { tokenEndpoint } from '../kit/oauth/token-endpoint.ts'
import { client } from './client.ts'
import type { Authorization, Board } from './board.ts'

/** The token endpoint, with PKCE (RFC 7636), id_tokens and rotation, and the revocation endpoint (RFC 7009). */
export function tokenRoutes (app: FastifyInstance, board: Board): void {
  const { codes, grants, families, quirks } = board

  tokenEndpoint(app, {
    path: '/token',
    authenticate: (parameters, request) => assertClient(parameters, request),
    grantTypes: {
      authorization_code (parameters) {
        const text = parameters.get('code') ?? ''
        const code = codes.redeem(text)
        const authorization = board.authorizations.get(text)
        if (code === undefined || authorization === undefined || code.redirectUri !== parameters.get('redirect_uri')) throw new OAuth2Error('invalid_grant')
        if (!provesPossession(authorization, parameters.get('code_verifier'))) throw new OAuth2Error('invalid_grant', 400, 'PKCE verification failed')
        const grant = board.issue(code.account, authorization)
        return toTokenResponse(grant, authorization)
      },

      refresh_token (parameters) {
        const token = parameters.get('refresh_token') ?? ''
        const authorization = families.get(token)
        const grant = grants.byRefreshToken(token)
        if (authorization === undefined || grant === undefined || grants.isRefreshExpired(grant)) {
          grants.countRefused(token)
          // RFC 9700 §4.14: a used token was stolen, or its successor was.
          if (quirks.detectsReuse && authorization !== undefined) board.endFamily(authorization)
          throw new OAuth2Error('invalid_grant')
        }
        const { refresh_token: next, ...response } = toTokenResponse(board.rotate(grant, authorization), authorization)
        return quirks.keepsRefreshToken ? response : { ...response, refresh_token: next }
      }
    },
    unsupported: () => new OAuth2Error('unsupported_grant_type')
  })

  addRevocationRoute(app, '/revoke', { grants, assertClient })

  function assertClient (parameters: URLSearchParams, request: FastifyRequest): void {
    const basic = credentialsOf(request, 'basic')
    if (basic === undefined) {
      const isInBody = !quirks.acceptsOnlyBasic && parameters.get('client_id') === client.id && parameters.get('client_secret') === client.secret
      if (!isInBody) throw new OAuth2Error('invalid_client', 401)
      return
    }
    // RFC 6749 §2.3.1: both parts are encoded as in a form.
    const [id, secret] = Buffer.from(basic, 'base64').toString().split(':').map((part) => new URLSearchParams(`part=${part}`).get('part'))
    if (id !== client.id || secret !== client.secret) throw new OAuth2Error('invalid_client', 401)
  }

  function toTokenResponse (grant: Grant, authorization: Authorization): Record<string, unknown> {
    const { account, accessToken, refreshToken, issuedMs, accessExpiresMs } = grant
    const isOpenId = authorization.scope.split(' ').includes('openid')
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      ...!quirks.omitsExpiresIn && { expires_in: (accessExpiresMs - issuedMs) / 1_000 },
      ...refreshToken !== undefined && { refresh_token: refreshToken },
      scope: authorization.scope,
      ...isOpenId && { id_token: board.signIdToken(account, authorization) }
    }
  }
}

function provesPossession ({ challenge }: Authorization, verifier: string | null): boolean {
  if (challenge === undefined) return verifier === null
  return verifier !== null && createHash('sha256').update(verifier).digest('base64url') === challenge
}
