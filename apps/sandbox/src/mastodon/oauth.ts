import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { formOf, queryOf } from '../kit/http/parameters.ts'
import { appendToQuery, authorizeRoutes } from '../kit/oauth/authorize-page.ts'
import type { Refusal } from '../kit/oauth/authorize-page.ts'
import type { Grant } from '../kit/oauth/grant-store.ts'
import { OAuth2Error } from '../kit/oauth/oauth2-error.ts'
import { tokenEndpoint } from '../kit/oauth/token-endpoint.ts'
import { consentPage, refusalPage } from '../kit/pages/consent-page.ts'
import { html } from '../kit/pages/html.ts'
import { sendPage, servicePage } from '../kit/pages/service-page.ts'
import { MastodonError } from './errors.ts'
import { OUT_OF_BAND, PLEROMA_TOKEN_SECONDS } from './world.ts'
import type { Application, World } from './world.ts'

const STYLE = { name: 'Mastodon', accent: '#5a4bd6', accentOnDark: '#a89cff' }
const NATIVE_PATH = '/oauth/authorize/native'

/** Registration of applications, and OAuth 2 with PKCE. */
export function oauthRoutes (app: FastifyInstance, world: World): void {
  const { applications, codes, grants, requests, users } = world

  app.post('/api/v1/apps', async (request) => {
    const body = request.body
    const isJsonList = typeof body === 'object' && body !== null && 'redirect_uris' in body && Array.isArray(body.redirect_uris)
    if (isJsonList && world.family() === 'gotosocial') throw new MastodonError(400, 'Bad Request: redirect_uris is not a string')
    const fields = formOf(request)
    const [name = '', redirects] = [fields.get('client_name') ?? '', fields.getAll('redirect_uris').flatMap((text) => text.split(/\s+/))]
    const redirectUris = redirects.filter((uri) => uri === OUT_OF_BAND || URL.canParse(uri))
    if (name === '') throw new MastodonError(422, 'Validation failed: Application name can\'t be blank')
    if (redirectUris.length === 0 || redirectUris.length < redirects.length) throw new MastodonError(422, 'Validation failed: Redirect URI must be an absolute URI.')
    const { id, secret, scopes } = world.register(name, redirectUris, (fields.get('scopes') ?? 'read').split(/\s+/))
    const redirectUri = redirectUris.join('\n')
    return { id: '1', name, website: null, scopes, redirect_uri: redirectUri, redirect_uris: redirectUris, client_id: id, client_secret: secret, client_secret_expires_at: 0 }
  })

  authorizeRoutes(app, '/oauth/authorize', {
    check: errorIn,
    knownAccounts: users.names,
    accountRule: { accepts: (account) => /^[\w.-]{1,30}(@\S+)?$/.test(account), text: 'An account name has 1 to 30 letters, digits, dots, hyphens and underscores.' },
    consentPage: (input, person) => consentPage(STYLE, {
      title: 'Authorize',
      heading: html`${applications.get(input.get('client_id') ?? '')?.name ?? ''} would like to access your account`,
      explanation: html`<p>It asks for: ${input.get('scope') ?? 'read'}</p>`,
      action: '/oauth/authorize',
      hidden: Object.fromEntries([...input].filter(([parameter]) => parameter !== 'account')),
      person
    }),
    refusalPage: (text) => refusalPage(STYLE, 'Invalid request', 'An error has occurred', text),
    allow: (input, account) => {
      const code = codes.issue(users.open(account).account, input.get('redirect_uri') ?? '')
      requests.set(code, { clientId: input.get('client_id') ?? '', scope: input.get('scope') ?? 'read', challenge: input.get('code_challenge') })
      return { code }
    },
    redirectUrl: (redirectUri, parameters) => appendToQuery(redirectUri === OUT_OF_BAND ? NATIVE_PATH : redirectUri, parameters)
  })

  app.get(NATIVE_PATH, async (request, reply) => {
    const code = queryOf(request).get('code')
    return sendPage(reply, 200, code === null
      ? servicePage(STYLE, 'Denied', html`<h1>Access denied</h1><p>The application received nothing.</p>`)
      : servicePage(STYLE, 'Authorization code', html`<h1>Copy this code into the application</h1><pre id="verifier">${code}</pre>`))
  })

  tokenEndpoint(app, {
    path: '/oauth/token',
    authenticate: (parameters) => { clientOf(parameters) },
    grantTypes: {
      authorization_code (parameters) {
        const { id } = clientOf(parameters)
        const text = parameters.get('code') ?? ''
        const [code, request] = [codes.redeem(text), requests.get(text)]
        const isOurs = code !== undefined && request !== undefined && request.clientId === id && code.redirectUri === parameters.get('redirect_uri')
        if (!isOurs || !isVerified(request.challenge, parameters.get('code_verifier'))) throw new OAuth2Error('invalid_grant', 400, 'The provided authorization grant is invalid')
        return toResponse(issue(code.account, id, request.scope))
      },

      client_credentials: (parameters) => ({ access_token: `app-${clientOf(parameters).id}`, token_type: 'Bearer', scope: 'read', created_at: nowSeconds() }),

      refresh_token (parameters) {
        const grant = world.family() === 'pleroma' ? grants.byRefreshToken(parameters.get('refresh_token') ?? '') : undefined
        if (grant === undefined || grant.clientId !== clientOf(parameters).id || grants.isRefreshExpired(grant)) {
          grants.countRefused(parameters.get('refresh_token') ?? '')
          throw new OAuth2Error('invalid_grant')
        }
        grants.remove(grant)
        const fresh = grants.refresh(grant)
        fresh.accessExpiresMs = fresh.issuedMs + PLEROMA_TOKEN_SECONDS * 1_000
        return toResponse(fresh)
      }
    },
    unsupported: () => new OAuth2Error('unsupported_grant_type')
  })

  app.post('/oauth/revoke', async (request) => {
    const parameters = formOf(request)
    const { id } = clientOf(parameters)
    const grant = grants.byAccessToken(parameters.get('token') ?? '')
    if (grant !== undefined && grant.clientId !== id) throw new OAuth2Error('unauthorized_client', 403)
    if (grant !== undefined) grants.remove(grant)
    return {}
  })

  function errorIn (input: URLSearchParams): Refusal | undefined {
    const application = applications.get(input.get('client_id') ?? '')
    if (application === undefined) return { status: 401, text: 'Client authentication failed due to unknown client.' }
    if (!application.redirectUris.includes(input.get('redirect_uri') ?? '')) return { status: 400, text: 'The redirect URI included is not valid.' }
    const scopes = (input.get('scope') ?? 'read').split(/\s+/)
    if (!scopes.every((scope) => covers(application.scopes, scope))) return { status: 400, text: 'The requested scope is invalid, unknown, or malformed.' }
    return input.get('response_type') === 'code' ? undefined : { status: 400, text: 'The authorization server does not support this response type.' }
  }

  function clientOf (parameters: URLSearchParams): Application {
    const application = applications.get(parameters.get('client_id') ?? '')
    if (application?.secret === parameters.get('client_secret') && application !== undefined) return application
    throw new OAuth2Error('invalid_client', 401, 'Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.')
  }

  /** Mastodon returns the token that the application already has for this account and scope. */
  function issue (account: string, clientId: string, scope: string): Grant<{ scope: string }> {
    if (world.family() !== 'mastodon') return grants.issue(account, clientId, { scope }, world.family() === 'pleroma' ? PLEROMA_TOKEN_SECONDS : Infinity)
    const known = [...grants.list(account)].find((grant) => grant.clientId === clientId && grant.details.scope === scope)
    return known ?? grants.issue(account, clientId, { scope })
  }

  function toResponse ({ account, accessToken, refreshToken, issuedMs, details: { scope } }: Grant<{ scope: string }>): object {
    const token = { access_token: accessToken, token_type: 'Bearer', scope, created_at: Math.floor(issuedMs / 1_000) }
    return world.family() === 'pleroma' ? { ...token, expires_in: PLEROMA_TOKEN_SECONDS, refresh_token: refreshToken, me: `http://${account}` } : token
  }

  function nowSeconds (): number {
    return Math.floor(world.services.clock.nowMs() / 1_000)
  }

  /** GoToSocial does not know PKCE. */
  function isVerified (challenge: string | null, verifier: string | null): boolean {
    return challenge === null || world.family() === 'gotosocial' || createHash('sha256').update(verifier ?? '').digest('base64url') === challenge
  }
}

/** `write` contains `write:statuses`. */
export function covers (granted: string[], scope: string): boolean {
  return granted.some((each) => each === scope || scope.startsWith(`${each}:`))
}
