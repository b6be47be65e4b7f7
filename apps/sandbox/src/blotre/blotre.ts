import type { FastifyError, FastifyInstance } from 'fastify'
import { pathOf } from '../kit/http/recorded-request.ts'
import type { Desk, Simulator } from '../kit/simulator.ts'
import { accessTokenRoutes } from './oauth/access-token.ts'
import { authorizeRoutes, landingRoutes } from './oauth/authorize.ts'
import { childRoutes } from './api/child-routes.ts'
import { CLIENT, consentPath, PROVIDER } from './oauth/client.ts'
import { disposableRoutes } from './oauth/disposable.ts'
import { environment } from './oauth/environment.ts'
import { ApiFailure, apiError, PageFailure } from './http/blotre-error.ts'
import { faultAnswer } from './http/fault-response.ts'
import { ACCESS_SECONDS } from './oauth/grants.ts'
import { sendPage, statusPage } from './oauth/pages.ts'
import { keepBodiesAsText } from './http/read-request.ts'
import { redeemRoutes } from './oauth/redeem.ts'
import { showChange } from './api/stream-change.ts'
import type { Change } from './api/stream-change.ts'
import { streamRoutes } from './api/stream-routes.ts'
import { tagRoutes } from './api/tag-routes.ts'
import { tokenInfoRoutes } from './oauth/token-info.ts'
import { userRoutes } from './api/user-routes.ts'
import { showUser } from './store/users.ts'
import { createWorld } from './world.ts'
import type { World } from './world.ts'

/** Blot're, as far as a client can tell; without its socket. */
export function createBlotre (desk: Desk): Simulator {
  const world = createWorld(desk)
  const { grants, quirks, users } = world

  return {
    id: PROVIDER,
    environment,
    name: "Blot're",

    mount: async (app) => { mountBlotre(app, world) },

    createAccounts: (count) => Array.from({ length: count }, () => {
      const member = users.open(desk.accounts.freshName(PROVIDER))
      const { accessToken, refreshToken } = grants.issue(CLIENT.id, member)
      const { id: userId, rootStream } = showUser(member)
      return { account: member.user.userName, accessToken, refreshToken, expiresIn: ACCESS_SECONDS, userId, rootStream }
    }),

    expireTokens: (account, kind = 'access') => grants.end(kind, account),
    revokeTokens: (account) => grants.end('both', account),
    refreshes: grants.refreshes,
    quirks,

    consentPath,
    show: (item) => showChange(item as Change),
    faultAnswer,
    reset: world.reset
  }
}

/** Every route, on whatever the world holds. */
export function mountBlotre (app: FastifyInstance, world: World): void {
  keepBodiesAsText(app)
  answerFailures(app)
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
    userRoutes(scope, world)
  }, { prefix: '/v0/api' })
}

function answerFailures (app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    if (error instanceof ApiFailure) {
      return reply.code(error.status).headers(error.headers).send(apiError(error.message, error.details))
    }
    const status = error instanceof PageFailure ? error.status : error.statusCode ?? 500
    if (status >= 500) return reply.code(status).send(apiError('An internal server error occurred.'))
    return sendPage(reply, status, statusPage(status, error.message))
  })

  app.setNotFoundHandler((_request, reply) => sendPage(reply, 404, statusPage(404, 'There is nothing at this address.')))

  // No address ends in a slash, and Blot're helps those who write one.
  app.addHook('onRequest', (request, reply, done) => {
    const path = pathOf(request.url)
    if (request.method !== 'GET' || !path.endsWith('/')) return done()
    reply.redirect(path.slice(0, -1), 301)
  })
}
