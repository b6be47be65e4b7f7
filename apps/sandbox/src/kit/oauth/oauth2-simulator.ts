import fastifyFormbody from '@fastify/formbody'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { acceptJson } from '../http/accept-json.ts'
import { gatewayPage } from '../http/gateway-page.ts'
import { queryOf } from '../http/parameters.ts'
import { recordRequest } from '../http/recorded-request.ts'
import { codePage, consentPage, refusalPage } from '../pages/consent-page.ts'
import { html } from '../pages/html.ts'
import { sendPage } from '../pages/service-page.ts'
import type { Card, FaultResponse, SandboxServices, Simulator } from '../simulator.ts'
import { createUserStore } from '../user-store.ts'
import { authorizeRoutes } from './authorize-page.ts'
import { createCodeStore } from './code-store.ts'
import { createGrantStore } from './grant-store.ts'
import { OAuth2Error } from './oauth2-error.ts'
import { parseLoopbackUrl } from './registered-client.ts'
import type { RegisteredClient } from './registered-client.ts'
import { accountOfToken, standardTokenRoutes } from './standard-token-routes.ts'

/** A service that follows RFC 6749, 6750 and 7009. It needs to describe only its API. */
export interface OAuth2Service {
  id: string
  name: string
  /** The color of its pages, on light and on dark backgrounds. */
  accent: string
  accentOnDark: string
  client: RegisteredClient
  environment: (url: string) => Record<string, string>
  authorizePath?: string
  tokenPath?: string
  /** Default: the service cannot revoke tokens. */
  revokePath?: string
  /** Default: access tokens do not expire. */
  accessSeconds?: number
  /** Default: there are no refresh tokens. */
  refreshSeconds?: number
  api: (app: FastifyInstance, access: OAuth2Access) => void
  toCard: (item: unknown) => Card
  /** Default: the errors of RFC 6750, and a gateway's page for 5xx. */
  faultResponse?: (status: number) => FaultResponse
}

interface OAuth2Access {
  /** The account of a valid access token. Throws an error that is sent as 401. */
  authenticate: (request: FastifyRequest) => string
  /** Adds an item to the account's inbox. */
  deliver: (request: FastifyRequest, account: string, item: object) => void
}

export function createOAuth2Simulator ({ clock, accounts, inbox }: SandboxServices, service: OAuth2Service): Simulator {
  const { id, name, client, accessSeconds = Infinity, refreshSeconds, revokePath } = service
  const { authorizePath = '/authorize', tokenPath = '/token' } = service
  const landingPath = `/${id}/granted`
  const users = createUserStore({ provider: id, accounts, createUser: (account) => ({ account }) })
  const codes = createCodeStore({ clock })
  const grants = createGrantStore({
    clock, accessSeconds, ...refreshSeconds !== undefined && { refreshSeconds }, keepsLatestOnly: true
  })

  return {
    id,
    name,
    environment: service.environment,

    async mount (app) {
      app.setErrorHandler((error: FastifyError | OAuth2Error, _request, reply) => {
        if (error instanceof OAuth2Error) return reply.code(error.status).headers(error.headers).send(error.body)
        return reply.code(error.statusCode ?? 500).send({ error: error.message })
      })
      await app.register(fastifyFormbody)
      acceptJson(app)
      authorizeRoutes(app, authorizePath, {
        check: errorIn,
        knownAccounts: users.names,
        consentPage: (input, person) => consentPage(service, {
          title: 'Authorize',
          heading: html`${client.name} wants to access your ${name} account`,
          explanation: html``,
          action: authorizePath.replace(/^.*\//, ''),
          hidden: Object.fromEntries([...input].filter(([parameter]) => parameter !== 'account')),
          person
        }),
        refusalPage: (text) => refusalPage(service, 'Invalid request', 'This request cannot be granted', text),
        allow: (input, account) => ({ code: codes.issue(users.open(account).account, input.get('redirect_uri') ?? '') })
      })
      standardTokenRoutes(app, { tokenPath, revokePath, client, codes, grants })
      app.get('/granted', async (request, reply) => {
        const base = `${request.protocol}://${request.host}`
        const redirectUri = base + landingPath
        const fields = { grant_type: 'authorization_code', client_id: client.id, client_secret: client.secret, redirect_uri: redirectUri }
        const code = queryOf(request).get('code')
        return sendPage(reply, 200, codePage(service, { tokenUrl: `${base}/${id}${tokenPath}`, fields, code }))
      })
      service.api(app, {
        authenticate: (request) => accountOfToken(request, grants),
        deliver: (request, account, item) => { inbox.add(id, account, recordRequest(request), item) }
      })
    },

    createAccount () {
      const { account, accessToken, refreshToken } = grants.issue(users.create().account, client.id, undefined)
      return { account, accessToken, refreshToken, ...Number.isFinite(accessSeconds) && { expiresIn: accessSeconds } }
    },

    expireTokens: (account, kind = 'access') => grants.expire(kind, account),
    revokeTokens: (account) => grants.revoke(account),
    refreshes: grants.refreshes,

    consentPath (sandboxUrl) {
      const query = new URLSearchParams({ client_id: client.id, redirect_uri: sandboxUrl + landingPath, response_type: 'code' })
      return `/${id}${authorizePath}?${query}`
    },

    toCard: service.toCard,
    faultResponse: service.faultResponse ?? standardFaultResponse,
    state: { users, grants },

    reset () {
      for (const part of [users, codes, grants]) part.reset()
    }
  }

  function errorIn (input: URLSearchParams): { status: number, text: string } | undefined {
    const isKnown = input.get('client_id') === client.id &&
      parseLoopbackUrl(input.get('redirect_uri') ?? '', [client.redirectPath, landingPath]) !== undefined
    if (!isKnown) return { status: 400, text: 'No application is registered under this client_id and redirect_uri.' }
    return input.get('response_type') === 'code' ? undefined : { status: 400, text: 'The response_type must be “code”.' }
  }
}

function standardFaultResponse (status: number): FaultResponse {
  if (status >= 500) return { headers: {}, body: gatewayPage(status) }
  if (status === 401) {
    const { headers, body } = new OAuth2Error('invalid_token', 401)
    return { headers, body }
  }
  return { headers: status === 429 ? { 'retry-after': '10' } : {}, body: status < 400 ? {} : { error: `status ${status}` } }
}
