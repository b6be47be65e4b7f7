import type { FastifyInstance } from 'fastify'
import { ControlError } from '../control/control-error.ts'
import type { Desk, GrantedAccount, Simulator } from '../kit/simulator.ts'
import { environment } from './oauth/environment.ts'
import type { Activity } from './store/model.ts'
import { createAcceptActivity } from './activities/accept-activity.ts'
import { activityRoutes } from './api/activity-routes.ts'
import { answerErrors } from './http/error-handler.ts'
import { createAuthenticate } from './oauth/authenticate.ts'
import { authorizeRoutes } from './oauth/authorize.ts'
import { createClients } from './oauth/clients.ts'
import { discoveryRoutes } from './api/discovery.ts'
import { faultAnswer } from './http/fault-response.ts'
import { objectRoutes } from './api/object-routes.ts'
import { createObjects } from './store/objects.ts'
import { parseBodies } from './http/parse-bodies.ts'
import { createPublishActivity } from './activities/publish-activity.ts'
import { profileRoutes } from './api/profile-routes.ts'
import { createNonces, PUMPIO_QUIRKS } from './oauth/quirks.ts'
import { registrationRoutes } from './oauth/registration.ts'
import { createSessions } from './oauth/sessions.ts'
import { showItem } from './activities/show-item.ts'
import { tokenEndpoints } from './oauth/token-endpoints.ts'
import { createTokens } from './oauth/tokens.ts'
import { createUploads, uploadRoutes } from './api/uploads.ts'
import { userRoutes } from './api/user-routes.ts'
import { createUsers, nicknameIn, PROVIDER } from './store/users.ts'
import type { User } from './store/model.ts'

const oneAccount = { type: 'object', properties: { account: { type: 'string' } }, required: ['account'], additionalProperties: false }

/** A pump.io server of the 5.x line, as far as a client can tell. It has a host of its own, since accounts name it. */
export function createPumpio ({ clock, inbox, accounts, hostOf }: Desk): Simulator {
  const clients = createClients()
  const tokens = createTokens(clock)
  const quirks = { ...PUMPIO_QUIRKS }
  const nonces = createNonces(clock)
  const users = createUsers(clock, accounts, () => hostOf(PROVIDER))
  const sessions = createSessions()
  const objects = createObjects(clock)
  const uploads = createUploads()
  const activities = new Map<string, Activity>()
  const authenticate = createAuthenticate({ clients, tokens, quirks, clock, users, sessions, isFresh: nonces.isFresh })
  const publish = createPublishActivity({ accept: createAcceptActivity(clock, users, objects), activities, inbox })

  return {
    id: PROVIDER,
    environment,
    name: 'pump.io',
    hasOwnHost: true,

    async mount (app: FastifyInstance) {
      app.addHook('onRequest', (_request, reply, done) => {
        // The sandbox's time, by which a client may set its own.
        reply.headers({ server: 'pump.io/5.1.4', date: new Date(clock.nowMs()).toUTCString() })
        done()
      })
      answerErrors(app)
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
        if (!users.remove(nicknameIn(account))) throw new ControlError(`account: nobody at ${PROVIDER} is called "${account}"`)
        return { deleted: account }
      })
    },

    createAccounts: (count) => Array.from({ length: count }, () => grantTo(users.fresh())),

    accountOf: (name) => users.get(nicknameIn(name))?.account ?? name,

    // pump.io's tokens do not grow old.
    expireTokens: () => 0,
    revokeTokens: (account) => tokens.revoke(account === undefined ? undefined : nicknameIn(account)),

    quirks,

    consentPath: () => `http://${hostOf(PROVIDER)}/try`,
    show: (item) => showItem(item as Record<string, unknown>),
    faultAnswer,

    reset () {
      clients.forget()
      tokens.reset()
      Object.assign(quirks, PUMPIO_QUIRKS)
      nonces.reset()
      users.reset()
      sessions.reset()
      objects.reset()
      uploads.byPath.clear()
      activities.clear()
    }
  }

  function grantTo (user: User): GrantedAccount {
    const client = clients.ours()
    const { token, secret } = tokens.grant(client.id, user.nickname)
    const granted = { accessToken: token, accessTokenSecret: secret, clientId: client.id, clientSecret: client.secret }
    return { account: user.account, host: hostOf(PROVIDER), ...granted }
  }
}
