import { createHash } from 'node:crypto'
import type { FastifyError, FastifyInstance } from 'fastify'
import { keepBodiesAsText } from '../kit/http/keep-bodies-as-text.ts'
import { sendPage } from '../kit/pages/service-page.ts'
import type { SandboxServices, Simulator } from '../kit/simulator.ts'
import { facebookControls } from './controls.ts'
import { adAccountRoutes } from './graph/ad-account-routes.ts'
import { adCallOf } from './graph/ad-call.ts'
import { faultResponse, namedFaults } from './graph/fault-response.ts'
import { errorBody, GraphError, invalid } from './graph/graph-error.ts'
import { userRoutes } from './graph/user-routes.ts'
import { atAnyVersion, versionOf } from './graph/versions.ts'
import { accessTokenRoutes } from './oauth/access-token.ts'
import { consentPath, environment, PROVIDER } from './oauth/client.ts'
import { debugTokenRoutes } from './oauth/debug-token.ts'
import { dialogRoutes } from './oauth/dialog.ts'
import { refusalPage } from './oauth/pages.ts'
import { LONG_SECONDS } from './oauth/tokens.ts'
import { toCard } from './person-event.ts'
import type { PersonEvent } from './person-event.ts'
import { readAppSettings } from './removal/app-settings.ts'
import { hasApp, removeApp } from './removal/remove-app.ts'
import { settingsRoutes } from './removal/settings.ts'
import { createWorld } from './world.ts'
import type { World } from './world.ts'

/** The request that the inbox shows when a control call removes the app. */
const REMOVAL = { method: 'POST', path: '/_control/tokens/revoke', headers: {}, body: undefined }

/** Facebook for an app that reads ad accounts: the login dialog below `/www`, the Graph API below `/graph`. */
export function createFacebook (services: SandboxServices): Simulator {
  const world = createWorld(services, readAppSettings(services.env))
  const { clock, people, quirks, tokens } = world

  return {
    id: PROVIDER,
    environment,
    name: 'Facebook',

    async mount (app) {
      keepBodiesAsText(app)
      app.register(async (scope) => { mountWww(scope, world) }, { prefix: '/www' })
      app.register(async (scope) => { mountGraph(scope, world) }, { prefix: '/graph' })
    },

    createAccount () {
      const person = people.create()
      person.consentMs = clock.nowMs()
      for (const name of ['public_profile', 'ads_read']) person.permissions.set(name, 'granted')
      const { account, accessToken } = tokens.issue(person, true)
      const adAccounts = person.adAccounts.map(({ accountId }) => `act_${accountId}`)
      return { account, accessToken, expiresIn: LONG_SECONDS, userId: person.id, adAccounts }
    },

    accountOf: (name) => people.byId(name)?.account ?? name,

    // Facebook has no refresh tokens: an app exchanges one token for the next.
    expireTokens: (account, kind = 'access') => kind === 'refresh' ? 0 : tokens.end(463, account),

    revokeTokens (account) {
      const removing = [...account === undefined ? people.all() : [people.open(account)]].filter(hasApp)
      for (const person of removing) removeApp(world, person, REMOVAL)
      return removing.length
    },

    refreshes: tokens.refreshes,
    quirks,
    controls: (app) => { facebookControls(app, world) },

    consentPath,
    toCard: (item) => toCard(item as PersonEvent),
    faultResponse: (status) => faultResponse(status, world.trace),
    namedFaults: namedFaults(world.trace, world.runs),
    state: { people: world.people, ...tokens.state },
    reset: world.reset
  }
}

function mountWww (app: FastifyInstance, world: World): void {
  app.setErrorHandler(({ statusCode = 500, message }: FastifyError, _request, reply) => {
    return sendPage(reply, statusCode, refusalPage(message))
  })
  app.setNotFoundHandler((_request, reply) => sendPage(reply, 404, refusalPage("This page isn't available.")))
  settingsRoutes(app, world)
  atAnyVersion(app, (scope) => { dialogRoutes(scope, world) })
}

function mountGraph (app: FastifyInstance, world: World): void {
  const { clock, runs, trace, usage } = world

  app.addHook('onRequest', (request, reply, done) => {
    const call = adCallOf(request, runs)
    reply.headers({ 'facebook-api-version': versionOf(request, clock.nowMs()), ...usage.count(call) })
    // Facebook does not limit the token endpoint.
    done(request.routeOptions.url?.endsWith('/oauth/access_token') === true ? undefined : usage.refusal(call))
  })

  app.setErrorHandler((error: FastifyError | GraphError, _request, reply) => {
    const { status, headers, details } = error instanceof GraphError ? error : toGraphError(error)
    return reply.code(status).headers(headers).send(errorBody(details, trace))
  })
  app.setNotFoundHandler((request) => {
    const [path = ''] = request.url.split('?', 1)
    throw new GraphError({ message: `Unknown path components: ${path.replace('/facebook/graph', '')}`, code: 2500 })
  })

  app.addHook('onSend', (request, reply, payload, done) => {
    if (request.method !== 'GET' || reply.statusCode !== 200 || typeof payload !== 'string') return done(null, payload)
    const etag = `"${createHash('sha1').update(payload).digest('hex')}"`
    reply.header('etag', etag)
    if (request.headers['if-none-match'] !== etag) return done(null, payload)
    reply.code(304)
    done(null, '')
  })

  atAnyVersion(app, (scope) => {
    accessTokenRoutes(scope, world)
    debugTokenRoutes(scope, world)
    userRoutes(scope, world)
    adAccountRoutes(scope, world)
  })
}

/** For a body that cannot be parsed, and for bugs of the sandbox. */
function toGraphError ({ statusCode = 500, message }: FastifyError): GraphError {
  return statusCode < 500 ? invalid(`(#100) ${message}`) : new GraphError({ message: 'An unknown error occurred', code: 1 }, {}, 500)
}
