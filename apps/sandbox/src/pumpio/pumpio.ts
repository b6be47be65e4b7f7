import type { FastifyInstance } from 'fastify'
import { ControlError } from '../control/control-error.ts'
import type { Desk, GrantedAccount, Simulator } from '../simulator.ts'
import { environment } from './environment.ts'
import type { Activity } from './model.ts'
import { createAcceptActivity } from './accept-activity.ts'
import { activityRoutes } from './activity-routes.ts'
import { answerErrors } from './answer-errors.ts'
import { createAuthenticate } from './authenticate.ts'
import { authorizeRoutes } from './authorize.ts'
import { createClients } from './clients.ts'
import { discoveryRoutes } from './discovery.ts'
import { faultAnswer } from './fault-answer.ts'
import { objectRoutes } from './object-routes.ts'
import { createObjects } from './objects.ts'
import { parseBodies } from './parse-bodies.ts'
import { createPublishActivity } from './publish-activity.ts'
import { profileRoutes } from './profile-routes.ts'
import { createNonces, PUMPIO_QUIRKS } from './quirks.ts'
import { registrationRoutes } from './registration.ts'
import { createSessions } from './sessions.ts'
import { showItem } from './show-item.ts'
import { tokenEndpoints } from './token-endpoints.ts'
import { createTokens } from './tokens.ts'
import { createUploads, uploadRoutes } from './uploads.ts'
import { userRoutes } from './user-routes.ts'
import { createUsers, nicknameIn, PROVIDER } from './users.ts'
import type { User } from './model.ts'

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
