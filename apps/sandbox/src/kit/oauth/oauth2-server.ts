import formbody from '@fastify/formbody'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { credentialsOf } from '../http/authorization.ts'
import { formOf } from '../http/parameters.ts'
import { consentPage, refusalPage } from '../pages/consent-page.ts'
import { html } from '../pages/html.ts'
import type { ServiceStyle } from '../pages/service-page.ts'
import type { GrantedAccount, SandboxServices, Simulator } from '../simulator.ts'
import { createUserStore } from '../user-store.ts'
import { authorizeRoutes } from './authorize-page.ts'
import { createCodeStore } from './code-store.ts'
import { createGrantStore } from './grant-store.ts'
import type { Grant } from './grant-store.ts'
import { tokenEndpoint } from './token-endpoint.ts'

export interface OAuth2ServerOptions extends Pick<SandboxServices, 'accounts' | 'clock'> {
  provider: string
  style: ServiceStyle
  client: { id: string, secret: string }
  accessSeconds: number
  refreshSeconds: number
}

/** An error of RFC 6749 §5.2 or RFC 6750 §3.1. The status is for Fastify. */
class OAuth2Error extends Error {
  override readonly name = 'OAuth2Error'
  readonly statusCode: number

  constructor (statusCode: number, error: string) {
    super(error)
    this.statusCode = statusCode
  }
}

export interface OAuth2Server extends Required<Pick<Simulator, 'createAccount' | 'expireTokens' | 'revokeTokens' | 'refreshes' | 'reset'>> {
  /** Adds `/authorize`, `/token` and `/revoke`. */
  mount: (app: FastifyInstance) => Promise<void>
  /** The account of a request's bearer token. Throws OAuth2Error `expired_token` or `invalid_token`. */
  authenticate: (request: FastifyRequest) => string
}

/**
 * An authorization server that follows RFC 6749 and RFC 7009, for services without peculiarities. A new grant of an account
 * replaces its previous one.
 */
export function createOAuth2Server (
  { provider, accounts, clock, style, client, accessSeconds, refreshSeconds }: OAuth2ServerOptions
): OAuth2Server {
  const users = createUserStore({ provider, accounts, createUser: (account) => ({ account }) })
  const codes = createCodeStore({ clock })
  const grants = createGrantStore({ clock, accessSeconds, refreshSeconds, keepsLatestOnly: true })

  return {
    async mount (app) {
      await app.register(formbody)
      authorizeRoutes(app, '/authorize', {
        check: (input) => input.get('client_id') === client.id ? undefined : { status: 400, text: 'No application has this client_id.' },
        knownAccounts: users.names,
        consentPage: (input, person) => consentPage(style, {
          title: 'Allow access',
          heading: html`Allow access to your account?`,
          explanation: html`<p>The application acts in your name.</p>`,
          action: 'authorize',
          hidden: Object.fromEntries(input),
          person
        }),
        refusalPage: (text) => refusalPage(style, 'No access', 'No access', text),
        allow: (input, name) => ({ code: codes.issue(users.open(name).account, input.get('redirect_uri') ?? '') })
      })
      tokenEndpoint(app, {
        path: '/token',
        authenticate: authenticateClient,
        grantTypes: { authorization_code: exchange, refresh_token: refresh },
        unsupported: () => new OAuth2Error(400, 'unsupported_grant_type')
      })
      app.post('/revoke', async (request) => {
        const token = formOf(request).get('token') ?? ''
        const grant = grants.byRefreshToken(token) ?? grants.byAccessToken(token)
        if (grant !== undefined) grants.revoke(grant.account)
        return {}
      })
    },

    authenticate (request) {
      const grant = grants.byAccessToken(credentialsOf(request, 'Bearer') ?? '')
      if (grant === undefined) throw new OAuth2Error(401, 'invalid_token')
      if (grants.isExpired(grant)) throw new OAuth2Error(401, 'expired_token')
      return grant.account
    },

    createAccount (): GrantedAccount {
      const { account, accessToken, refreshToken = '' } = grants.issue(users.create().account, client.id, undefined)
      return { account, accessToken, refreshToken }
    },

    expireTokens: (account, kind = 'access') => grants.expire(kind, account),
    revokeTokens: grants.revoke,
    refreshes: grants.refreshes,
    reset: () => { for (const part of [users, codes, grants]) part.reset() }
  }

  function authenticateClient (form: URLSearchParams): void {
    if (form.get('client_id') !== client.id || form.get('client_secret') !== client.secret) throw new OAuth2Error(401, 'invalid_client')
  }

  function exchange (form: URLSearchParams): object {
    const code = codes.redeem(form.get('code') ?? '')
    if (code === undefined || code.redirectUri !== form.get('redirect_uri')) throw new OAuth2Error(400, 'invalid_grant')
    return toResponse(grants.issue(code.account, client.id, undefined))
  }

  function refresh (form: URLSearchParams): object {
    const token = form.get('refresh_token') ?? ''
    const grant = grants.byRefreshToken(token)
    if (grant !== undefined && !grants.isRefreshExpired(grant)) return toResponse(grants.refresh(grant))
    grants.countRefused(token)
    throw new OAuth2Error(400, 'invalid_grant')
  }

  function toResponse ({ accessToken, refreshToken }: Grant): object {
    return { access_token: accessToken, token_type: 'Bearer', expires_in: accessSeconds, refresh_token: refreshToken }
  }
}
