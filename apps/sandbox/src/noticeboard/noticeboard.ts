import { fileURLToPath } from 'node:url'
import fastifyFormbody from '@fastify/formbody'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { acceptJson } from '../kit/http/accept-json.ts'
import { gatewayPage } from '../kit/http/gateway-page.ts'
import { queryOf } from '../kit/http/parameters.ts'
import { authorizeRoutes } from '../kit/oauth/authorize-page.ts'
import { OAuth2Error } from '../kit/oauth/oauth2-error.ts'
import { parseLoopbackUrl } from '../kit/oauth/registered-client.ts'
import { accountOfToken } from '../kit/oauth/standard-token-routes.ts'
import { codePage, consentPage, refusalPage } from '../kit/pages/consent-page.ts'
import { html } from '../kit/pages/html.ts'
import { sendPage } from '../kit/pages/service-page.ts'
import type { Card, CreateSimulator } from '../kit/simulator.ts'
import { createUserStore } from '../kit/user-store.ts'
import { createBoard, subjectOf } from './board.ts'
import { client, provider } from './client.ts'
import { noticeRoutes } from './notice-routes.ts'
import type { Notice } from './notice-routes.ts'
import { tokenRoutes } from './token-routes.ts'

const style = { name: 'Noticeboard', accent: '#00695c', accentOnDark: '#4db6ac' }
const landingPath = `/${provider}/granted`

/** An OpenID Connect provider with one API, which Carillon knows only by the document beside this file. */
export const createNoticeboard: CreateSimulator = (services) => {
  const { accounts, inbox } = services
  const board = createBoard(services)
  const { codes, grants, quirks } = board
  const users = createUserStore({ provider, accounts, createUser: (account) => ({ account }) })
  const notices = new Map<string, Notice>()

  return {
    id: provider,
    name: style.name,
    quirks,

    environment: (url) => ({
      OAUTH2_PROVIDERS: fileURLToPath(new URL('noticeboard.yaml', import.meta.url)),
      NOTICEBOARD_URL: url,
      NOTICEBOARD_CLIENT_ID: client.id,
      NOTICEBOARD_CLIENT_SECRET: client.secret
    }),

    async mount (app) {
      app.setErrorHandler((error: FastifyError | OAuth2Error, _request, reply) => {
        if (error instanceof OAuth2Error) return reply.code(error.status).headers(error.headers).send(error.body)
        return reply.code(error.statusCode ?? 500).send({ error: 'invalid_request', error_description: error.message })
      })
      await app.register(fastifyFormbody)
      acceptJson(app)
      addMetadata(app)
      addAuthorizePage(app)
      tokenRoutes(app, board)
      app.get('/userinfo', async (request) => {
        const account = accountOfToken(request, grants)
        return { sub: subjectOf(quirks.confusesUsers ? `not-${account}` : account), name: account }
      })
      noticeRoutes(app, { grants, notices, deliver: (request, account, item) => { inbox.add(provider, account, request, item) } })
    },

    controls (app) {
      app.post('/rotate-keys', async () => {
        board.keys.rotate()
        return board.keys.jwks()
      })
    },

    createAccount () {
      const { account, accessToken, refreshToken } = board.issue(users.create().account, { ...noDetails, issuer: '' })
      return { account, accessToken, refreshToken, expiresIn: 3_600 }
    },

    expireTokens: (account, kind = 'access') => grants.expire(kind, account),
    revokeTokens: (account) => grants.revoke(account),
    refreshes: grants.refreshes,

    consentPath (sandboxUrl) {
      const query = new URLSearchParams({ client_id: client.id, redirect_uri: sandboxUrl + landingPath, response_type: 'code' })
      return `/${provider}/authorize?${query}`
    },

    toCard: (item) => toCard(item as Notice),
    state: { users, grants, families: board.families },

    faultResponse (status) {
      if (status >= 500) return { headers: {}, body: gatewayPage(status) }
      const error = new OAuth2Error(status === 401 ? 'invalid_token' : 'invalid_request', status)
      return { headers: { ...error.headers, ...status === 429 && { 'retry-after': '10' } }, body: status < 400 ? {} : error.body }
    },

    reset () {
      for (const part of [users, board]) part.reset()
      notices.clear()
    }
  }

  function addMetadata (app: FastifyInstance): void {
    app.get('/.well-known/openid-configuration', async (request) => {
      const issuer = issuerOf(request)
      return {
        issuer: quirks.liesAboutIssuer ? 'https://another.example' : issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${quirks.movesTokenEndpoint ? 'https://another.example' : issuer}/token`,
        revocation_endpoint: `${issuer}/revoke`,
        userinfo_endpoint: `${issuer}/userinfo`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
        code_challenge_methods_supported: ['S256'],
        token_endpoint_auth_methods_supported: quirks.acceptsOnlyBasic ? ['client_secret_basic'] : ['client_secret_basic', 'client_secret_post'],
        authorization_response_iss_parameter_supported: true
      }
    })
    app.get('/jwks', async () => board.keys.jwks())
  }

  function addAuthorizePage (app: FastifyInstance): void {
    authorizeRoutes(app, '/authorize', {
      check: errorIn,
      knownAccounts: users.names,
      consentPage: (input, person) => consentPage(style, {
        title: 'Authorize',
        heading: html`${client.name} wants to pin notices to your ${style.name}`,
        explanation: html``,
        action: 'authorize',
        hidden: Object.fromEntries([...input].filter(([parameter]) => parameter !== 'account')),
        person
      }),
      refusalPage: (text) => refusalPage(style, 'Invalid request', 'This request cannot be granted', text),
      allow (input, account, request) {
        const code = codes.issue(users.open(account).account, input.get('redirect_uri') ?? '')
        board.authorizations.set(code, {
          issuer: issuerOf(request),
          scope: (input.get('scope') ?? '').split(' ').slice(0, quirks.grantsLess ? 1 : undefined).join(' '),
          challenge: input.get('code_challenge') ?? undefined,
          nonce: input.get('nonce') ?? undefined
        })
        return { code, ...issIn(request) }
      },
      deny: () => ({ error: 'access_denied' })
    })
    app.get('/granted', async (request, reply) => {
      const base = issuerOf(request)
      const fields = { grant_type: 'authorization_code', client_id: client.id, client_secret: client.secret, redirect_uri: base.replace(`/${provider}`, landingPath) }
      return sendPage(reply, 200, codePage(style, { tokenUrl: `${base}/token`, fields, code: queryOf(request).get('code') }))
    })
  }

  function issIn (request: FastifyRequest): Record<string, string> {
    if (quirks.omitsIss) return {}
    return { iss: quirks.sendsWrongIss ? 'https://another.example' : issuerOf(request) }
  }
}

const noDetails = { scope: '', challenge: undefined, nonce: undefined }

function issuerOf (request: FastifyRequest): string {
  return `${request.protocol}://${request.host}/${provider}`
}

function errorIn (input: URLSearchParams): { status: number, text: string } | undefined {
  const isKnown = input.get('client_id') === client.id &&
    parseLoopbackUrl(input.get('redirect_uri') ?? '', [client.redirectPath, landingPath]) !== undefined
  if (!isKnown) return { status: 400, text: 'No application is registered under this client_id and redirect_uri.' }
  const method = input.get('code_challenge_method')
  if (method !== null && method !== 'S256') return { status: 400, text: 'The code_challenge_method must be “S256”.' }
  return input.get('response_type') === 'code' ? undefined : { status: 400, text: 'The response_type must be “code”.' }
}

function toCard ({ title, text, link, importance }: Notice): Card {
  return { kind: 'notice', title, body: text, url: link, ...importance === 'high' && { color: '#c62828' } }
}
