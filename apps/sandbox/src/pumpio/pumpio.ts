import type { FastifyInstance } from 'fastify'
import { noSuchAccount } from '../control/control-error.ts'
import { createContentStore } from '../kit/content-store.ts'
import type { SandboxServices, Simulator } from '../kit/simulator.ts'
import { createAcceptActivity } from './activities/accept-activity.ts'
import { createPublishActivity } from './activities/publish-activity.ts'
import { toCard } from './activities/show-item.ts'
import { activityRoutes } from './api/activity-routes.ts'
import { discoveryRoutes } from './api/discovery.ts'
import { objectRoutes } from './api/object-routes.ts'
import { profileRoutes } from './api/profile-routes.ts'
import { uploadRoutes } from './api/uploads.ts'
import type { Upload } from './api/uploads.ts'
import { userRoutes } from './api/user-routes.ts'
import { handleErrors } from './http/error-handler.ts'
import { faultResponse } from './http/fault-response.ts'
import { parseBodies } from './http/parse-bodies.ts'
import { createAuthenticate } from './oauth/authenticate.ts'
import { authorizeRoutes } from './oauth/authorize.ts'
import { createClients } from './oauth/clients.ts'
import { createNonces, PUMPIO_QUIRKS } from './oauth/quirks.ts'
import { registrationRoutes } from './oauth/registration.ts'
import { createSessions } from './oauth/sessions.ts'
import { tokenEndpoints } from './oauth/token-endpoints.ts'
import { createTokens } from './oauth/tokens.ts'
import type { Activity } from './store/model.ts'
import { createObjects } from './store/objects.ts'
import { createUsers, nicknameIn, PROVIDER } from './store/users.ts'

const oneAccount = { type: 'object', properties: { account: { type: 'string' } }, required: ['account'], additionalProperties: false }

/** A pump.io server of the 5.x line. It has its own host, since accounts contain it. */
export function createPumpio (services: SandboxServices): Simulator {
  const { clock, inbox, hostOf } = services
  const clients = createClients()
  const tokens = createTokens(clock)
  const quirks = { ...PUMPIO_QUIRKS }
  const nonces = createNonces(clock)
  const users = createUsers(services)
  const sessions = createSessions()
  const objects = createObjects(clock)
  const uploads = createContentStore<Upload>()
  const activities = new Map<string, Activity>()
  const authenticate = createAuthenticate({ clients, tokens, quirks, clock, users, sessions, useNonce: nonces.use })
  const publish = createPublishActivity({ accept: createAcceptActivity(clock, users, objects), activities, inbox })

  return {
    id: PROVIDER,
    environment: (url) => ({ PUMPIO_CLIENT_NAME: 'Carillon', PUMPIO_HTTP_HOSTS: new URL(url).host }),
    name: 'pump.io',
    hasOwnHost: true,

    async mount (app: FastifyInstance) {
      app.addHook('onRequest', (_request, reply, done) => {
        // A client may set its clock by the header, so the header follows the sandbox's clock.
        reply.headers({ server: 'pump.io/5.1.4', date: new Date(clock.nowMs()).toUTCString() })
        done()
      })
      handleErrors(app)
      parseBodies(app)
      discoveryRoutes(app, users, objects, quirks)
      registrationRoutes(app, clients)
      tokenEndpoints(app, { clients, tokens, quirks })
      authorizeRoutes(app, { clients, tokens, users, sessions })
      userRoutes(app, { users, authenticate, publish })
      uploadRoutes(app, { users, objects, uploads, authenticate })
      activityRoutes(app, authenticate, activities)
      objectRoutes(app, { objects, authenticate, publish })
      profileRoutes(app, { users, tokens, authenticate })
    },

    controls (app) {
      app.post('/forget-clients', async () => ({ forgotten: clients.forget() }))
      app.post<{ Body: { account: string } }>('/delete-user', { schema: { body: oneAccount } }, async ({ body: { account } }) => {
        // Like an administrator's deletion, it leaves tokens and posts.
        if (!users.remove(nicknameIn(account))) throw noSuchAccount(PROVIDER, account)
        return { deleted: account }
      })
    },

    createAccount () {
      const { account } = users.create()
      const client = clients.getShared()
      const { token, secret } = tokens.grant(account, client.id)
      const granted = { accessToken: token, accessTokenSecret: secret, clientId: client.id, clientSecret: client.secret }
      return { account, host: hostOf(PROVIDER), ...granted }
    },

    accountOf: (name) => users.get(nicknameIn(name))?.account ?? name,

    // pump.io's tokens do not expire.
    expireTokens: () => 0,
    revokeTokens: tokens.access.revoke,

    quirks,

    consentPath: () => `http://${hostOf(PROVIDER)}/try`,
    toCard: (item) => toCard(item as Record<string, unknown>),
    faultResponse,
    state: { users, tokens: tokens.access, ...clients.state },

    reset () {
      clients.forget()
      for (const part of [tokens, nonces, users, sessions, objects, uploads]) part.reset()
      activities.clear()
    }
  }
}
