import type { FastifyError, FastifyInstance } from 'fastify'
import { keepBodiesAsText } from '../kit/http/keep-bodies-as-text.ts'
import { pathOf } from '../kit/http/recorded-request.ts'
import { sendPage } from '../kit/pages/service-page.ts'
import type { SandboxServices, Simulator } from '../kit/simulator.ts'
import { childRoutes } from './api/child-routes.ts'
import { showUser } from './api/show.ts'
import { toCard } from './api/stream-change.ts'
import type { Change } from './api/stream-change.ts'
import { streamRoutes } from './api/stream-routes.ts'
import type { IdParams } from './api/stream-routes.ts'
import { tagRoutes } from './api/tag-routes.ts'
import { ApiError, apiError, PageError, TokenError } from './http/blotre-error.ts'
import { faultResponse } from './http/fault-response.ts'
import { MAX_BODY_BYTES } from './http/read-request.ts'
import { accessTokenRoutes } from './oauth/access-token.ts'
import { authorizeRoutes, landingRoutes } from './oauth/authorize.ts'
import { CLIENT, consentPath, environment, PROVIDER } from './oauth/client.ts'
import { disposableRoutes } from './oauth/disposable.ts'
import { statusPage } from './oauth/pages.ts'
import { redeemRoutes } from './oauth/redeem.ts'
import { tokenInfoRoutes } from './oauth/token-info.ts'
import { ACCESS_SECONDS, createWorld } from './world.ts'
import type { World } from './world.ts'

/** Blot're, without its socket. */
export function createBlotre (services: SandboxServices): Simulator {
  const world = createWorld(services)
  const { grants, quirks, users } = world

  return {
    id: PROVIDER,
    environment,
    name: "Blot're",

    mount: async (app) => { mountBlotre(app, world) },

    createAccount () {
      const user = users.create()
      const { account, accessToken, refreshToken } = grants.issue(user.account, CLIENT.id, undefined)
      const { id: userId, rootStream } = showUser(user)
      return { account, accessToken, refreshToken, expiresIn: ACCESS_SECONDS, userId, rootStream }
    },

    expireTokens: (account, kind = 'access') => grants.expire(kind, account),
    // An access token that the user revoked reads as expired.
    revokeTokens: (account) => grants.expire('both', account),
    refreshes: grants.refreshes,
    quirks,

    consentPath,
    toCard: (item) => toCard(item as Change),
    faultResponse,
    state: world.state,
    reset: world.reset
  }
}

export function mountBlotre (app: FastifyInstance, world: World): void {
  keepBodiesAsText(app, MAX_BODY_BYTES)
  handleErrors(app)
  app.decorateRequest('blotreUser', undefined)
  landingRoutes(app)
  app.register(async (scope) => {
    authorizeRoutes(scope, world)
    redeemRoutes(scope, world)
    disposableRoutes(scope, world)
    accessTokenRoutes(scope, world)
    tokenInfoRoutes(scope, world)
  }, { prefix: '/v0/oauth2' })
  app.register(async (scope) => {
    streamRoutes(scope, world)
    tagRoutes(scope, world)
    childRoutes(scope, world)
    // The only 404 without a body.
    scope.get<IdParams>('/user/:id', async (request, reply) => {
      const user = world.users.byId(request.params.id.toLowerCase())
      return user === undefined ? reply.code(404).send() : showUser(user)
    })
  }, { prefix: '/v0/api' })
}

function handleErrors (app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    if (error instanceof TokenError) return reply.code(400).send({ error: error.code, error_description: '' })
    if (error instanceof ApiError) {
      return reply.code(error.status).headers(error.headers).send(apiError(error.message, error.details))
    }
    const status = error instanceof PageError ? error.status : error.statusCode ?? 500
    if (status >= 500) return reply.code(status).send(apiError('An internal server error occurred.'))
    return sendPage(reply, status, statusPage(status, error.message))
  })

  app.setNotFoundHandler((_request, reply) => sendPage(reply, 404, statusPage(404, 'There is nothing at this address.')))

  // Blot're removes a slash at the end of an address.
  app.addHook('onRequest', (request, reply, done) => {
    const path = pathOf(request.url)
    if (request.method !== 'GET' || !path.endsWith('/')) return done()
    reply.redirect(path.slice(0, -1), 301)
  })
}
