import type { FastifyInstance } from 'fastify'
import { tokenEndpoint } from '../../kit/oauth/token-endpoint.ts'
import { showUser } from '../api/show.ts'
import { PageError, TokenError } from '../http/blotre-error.ts'
import { formOf, NO_CACHE } from '../http/read-request.ts'
import { ACCESS_SECONDS } from '../world.ts'
import type { World } from '../world.ts'
import { CLIENT } from './client.ts'

/**
 * Accepts a form only, and refuses with 400 only. Like Blot're, it checks the code or token before the client's secret. An
 * unredeemed one-time code gets the same response as a wrong one.
 */
export function accessTokenRoutes (app: FastifyInstance, { codes, disposables, grants, users }: World): void {
  tokenEndpoint(app, {
    path: '/access_token',
    headers: NO_CACHE,

    parametersOf (request) {
      const form = formOf(request)
      if (form === undefined) throw new PageError(415, 'Expecting application/x-www-form-urlencoded body')
      return form
    },

    authenticate (form) {
      if (!form.has('client_id') || !form.has('client_secret')) throw new TokenError('invalid_grant')
    },

    grantTypes: {
      authorization_code (form) {
        const code = codes.find(form.get('code') ?? '')
        const isValid = code !== undefined && !code.isUsed && !codes.isExpired(code) && code.redirectUri === (form.get('redirect_uri') ?? '')
        if (!isValid || form.get('client_id') !== CLIENT.id) throw new TokenError('invalid_grant')
        if (form.get('client_secret') !== CLIENT.secret) throw new TokenError('invalid_client')
        code.isUsed = true
        return show(grants.issue(code.account, CLIENT.id, undefined))
      },

      refresh_token (form) {
        const token = form.get('refresh_token') ?? ''
        const grant = grants.byRefreshToken(token)
        if (grant !== undefined && !grants.isRefreshExpired(grant) && isClientOf(grant, form)) return show(grants.refresh(grant))
        grants.countRefused(token)
        throw new TokenError(grant === undefined || grants.isRefreshExpired(grant) ? 'invalid_grant' : 'invalid_client')
      },

      'https://oauth2grant.blot.re/onetime_code' (form) {
        const disposable = disposables.byCode(form.get('code') ?? '')
        if (disposable === undefined || disposable.id !== form.get('client_id')) throw new TokenError('invalid_grant')
        if (disposable.secret !== form.get('client_secret')) throw new TokenError('invalid_client')
        if (disposable.account === undefined) throw new TokenError('invalid_grant')
        disposables.useCode(disposable)
        return show(grants.issue(disposable.account, disposable.id, undefined))
      }
    },

    unsupported: () => new TokenError('unsupported_grant_type')
  })

  function isClientOf ({ clientId }: { clientId: string }, form: URLSearchParams): boolean {
    const secret = clientId === CLIENT.id ? CLIENT.secret : disposables.byId(clientId)?.secret
    return form.get('client_id') === clientId && form.get('client_secret') === secret
  }

  function show ({ account, accessToken, refreshToken }: ReturnType<typeof grants.issue>): object {
    return {
      access_token: accessToken,
      token_type: 'bearer',
      expires_in: ACCESS_SECONDS,
      refresh_token: refreshToken,
      user: showUser(users.open(account))
    }
  }
}
