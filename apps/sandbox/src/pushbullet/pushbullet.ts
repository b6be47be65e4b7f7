import fastifyCors from '@fastify/cors'
import fastifyFormbody from '@fastify/formbody'
import type { FastifyError, FastifyInstance } from 'fastify'
import { createContentStore } from '../kit/content-store.ts'
import { acceptJson } from '../kit/http/accept-json.ts'
import { createLatency } from '../kit/latency.ts'
import type { SandboxServices, Simulator } from '../kit/simulator.ts'
import { channelInfoRoutes, channelRoutes, createChannels } from './api/channels.ts'
import { chatRoutes } from './api/chats.ts'
import { deviceRoutes } from './api/devices.ts'
import { pushRoutes } from './api/pushes.ts'
import { toCard } from './api/show-item.ts'
import type { InboxItem } from './api/show-item.ts'
import { subscriptionRoutes } from './api/subscriptions.ts'
import { textRoutes } from './api/texts.ts'
import { uploadRequestRoutes, uploadRoutes } from './api/uploads.ts'
import type { UploadedFile } from './api/uploads.ts'
import { userRoutes } from './api/user-routes.ts'
import { quickPush } from './bench/quick-push.ts'
import { tallyControls } from './bench/tally-controls.ts'
import { createTally } from './bench/tally.ts'
import { faultResponse } from './http/fault-response.ts'
import { bodyFor, notFound, PushbulletError } from './http/pushbullet-error.ts'
import { unspent } from './http/rate-headers.ts'
import { withoutEmpty } from './http/without-empty.ts'
import { authenticate, createAccess } from './oauth/access.ts'
import { authorizePageRoutes } from './oauth/authorize.ts'
import { consentPath, environment, PROVIDER } from './oauth/client.ts'
import { tokenRoutes } from './oauth/token.ts'
import { createTimestamps } from './store/collection.ts'

export function createPushbullet (services: SandboxServices): Simulator {
  const { bench, clock, inbox } = services
  const timestamps = createTimestamps(clock)
  const access = createAccess(services, timestamps)
  const { grants, users } = access
  const channels = createChannels()
  const files = createContentStore<UploadedFile>()
  const tally = bench ? createTally() : undefined
  const latency = createLatency()

  return {
    id: PROVIDER,
    environment,
    name: 'Pushbullet',

    async mount (app) {
      app.setErrorHandler((error: FastifyError, _request, reply) => {
        const { status, body } = error instanceof PushbulletError ? error : toResponse(error)
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
      // A body of any other type has no fields.
      app.addContentTypeParser(['*', 'text/plain'], { parseAs: 'buffer' }, (_request, _body, done) => { done(null, undefined) })

      authorizePageRoutes(app, access)
      tokenRoutes(app, access)
      app.register(async (scope) => { await uploadRoutes(scope, files) })
      app.register(async (scope) => { channelInfoRoutes(scope, channels) }, { prefix: '/v2' })
      app.register(async (scope) => {
        authenticate(scope, access, services)
        userRoutes(scope, inbox)
        pushRoutes(scope, users, channels, inbox, { tally, latency })
        deviceRoutes(scope)
        chatRoutes(scope, users)
        subscriptionRoutes(scope, channels)
        channelRoutes(scope, channels)
        textRoutes(scope, inbox)
        uploadRequestRoutes(scope, files)
      }, { prefix: '/v2' })
    },

    ...tally && {
      quickRoute: (each) => quickPush({ ...each, clock, access, tally, latency }),
      controls: (app: FastifyInstance) => { tallyControls(app, tally, latency) },
      stats: () => ({ guids: tally.counts() })
    },

    createAccount () {
      const { account } = users.create()
      return { account, accessToken: access.issueToken(account) }
    },

    // Pushbullet's response to an expired token is the same as to a revoked one.
    expireTokens: grants.revoke,
    revokeTokens: grants.revoke,

    consentPath,
    toCard: (item) => toCard(item as InboxItem),

    faultResponse: (status) => faultResponse(status, clock),
    state: access.state,

    reset () {
      for (const part of [access, channels, files, timestamps]) part.reset()
      tally?.reset()
      latency.setMedian(0)
    }
  }
}

function toResponse (error: FastifyError): { status: number, body: object } {
  const status = error.statusCode ?? 500
  return { status, body: bodyFor(status === 400 ? 422 : status) }
}
