import fastifyCors from '@fastify/cors'
import fastifyFormbody from '@fastify/formbody'
import type { FastifyError, FastifyInstance } from 'fastify'
import { acceptJson } from '../kit/http/accept-json.ts'
import { quickPush } from './bench/quick-push.ts'
import { tallyControls } from './bench/tally-controls.ts'
import type { Desk, Simulator } from '../kit/simulator.ts'
import { authorizeRoutes } from './oauth/authorize.ts'
import { channelInfoRoutes, channelRoutes, createChannels } from './api/channels.ts'
import { chatRoutes } from './api/chats.ts'
import { consentPath, PROVIDER } from './oauth/client.ts'
import { deviceRoutes } from './api/devices.ts'
import { environment } from './oauth/environment.ts'
import { ephemeralRoutes } from './api/ephemerals.ts'
import { faultAnswer } from './http/fault-response.ts'
import { createFiles } from './store/files.ts'
import { bodyFor, invalidAccessToken, notFound, PushbulletError } from './http/pushbullet-error.ts'
import { pushRoutes } from './api/pushes.ts'
import { spend, unspent } from './http/rate-headers.ts'
import { tokenOf } from './oauth/session.ts'
import { subscriptionRoutes } from './api/subscriptions.ts'
import { textRoutes } from './api/texts.ts'
import { createTimestamps } from './store/timestamps.ts'
import { tokenRoutes } from './oauth/token.ts'
import { uploadRequestRoutes, uploadRoutes } from './api/uploads.ts'
import { userRoutes } from './api/user-routes.ts'
import { showItem } from './api/show-item.ts'
import type { Shown } from './api/show-item.ts'
import { createUsers } from './store/users.ts'
import { withoutEmpty } from './http/without-empty.ts'

/** Pushbullet, as far as a client can tell. */
export function createPushbullet ({ clock, inbox, accounts, tally }: Desk): Simulator {
  const timestamps = createTimestamps(clock)
  const users = createUsers(clock, accounts, timestamps)
  const channels = createChannels()
  const files = createFiles()

  return {
    id: PROVIDER,
    environment,
    name: 'Pushbullet',

    async mount (app) {
      app.setErrorHandler((error: FastifyError, _request, reply) => {
        const { status, body } = error instanceof PushbulletError ? error : fromFastify(error)
        return reply.code(status).send(body)
      })
      app.setNotFoundHandler(() => { throw notFound() })
      app.setReplySerializer((payload) => JSON.stringify(withoutEmpty(payload as object)))
      app.addHook('onRequest', (_request, reply, done) => {
        reply.headers(unspent(clock))
        done()
      })
      await app.register(fastifyCors)
      await app.register(fastifyFormbody)
      app.removeContentTypeParser('text/plain')
      acceptJson(app)
      // A body of any other kind has no fields.
      app.addContentTypeParser(['*', 'text/plain'], { parseAs: 'buffer' }, (_request, _body, done) => { done(null, undefined) })

      authorizeRoutes(app, users)
      tokenRoutes(app, users)
      app.register(async (scope) => { await uploadRoutes(scope, files) })
      app.register(async (scope) => { channelInfoRoutes(scope, channels) }, { prefix: '/v2' })
      app.register(async (scope) => {
        authenticate(scope)
        userRoutes(scope)
        pushRoutes(scope, users, channels, inbox, tally)
        deviceRoutes(scope)
        chatRoutes(scope, users)
        subscriptionRoutes(scope, channels)
        channelRoutes(scope, channels)
        textRoutes(scope, inbox)
        uploadRequestRoutes(scope, files)
        ephemeralRoutes(scope, inbox)
      }, { prefix: '/v2' })
    },

    ...tally && {
      quickRoute: (services) => quickPush({ ...services, clock, users, tally }),
      controls: (app: FastifyInstance) => { tallyControls(app, tally) }
    },

    createAccounts: (count) => Array.from({ length: count }, () => {
      const user = users.open(accounts.freshName(PROVIDER))
      return { account: user.account, accessToken: users.grant(user) }
    }),

    // Pushbullet says the same of an old token as of one whose user removed the app.
    expireTokens: (account) => users.endTokens(account),
    revokeTokens: (account) => users.endTokens(account),

    consentPath,
    show: (item) => showItem(item as Shown),

    faultAnswer: (status) => faultAnswer(status, clock),

    reset () {
      users.reset()
      channels.reset()
      files.reset()
      timestamps.reset()
    }
  }

  function authenticate (app: FastifyInstance): void {
    app.decorateRequest('pushbulletUser', undefined)
    app.addHook('onRequest', (request, reply, done) => {
      const user = users.byToken(tokenOf(request) ?? '')
      if (user === undefined) return done(invalidAccessToken())
      request.pushbulletUser = user
      reply.headers(spend(user, clock))
      done()
    })
  }
}

function fromFastify (error: FastifyError): { status: number, body: object } {
  const status = error.statusCode ?? 500
  return { status, body: bodyFor(status === 400 ? 422 : status) }
}
