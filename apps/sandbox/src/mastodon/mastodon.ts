import fastifyFormbody from '@fastify/formbody'
import type { FastifyError, FastifyInstance } from 'fastify'
import { noSuchAccount } from '../control/control-error.ts'
import { acceptJson } from '../kit/http/accept-json.ts'
import { OAuth2Error } from '../kit/oauth/oauth2-error.ts'
import type { SandboxServices, Simulator } from '../kit/simulator.ts'
import { apiRoutes } from './api.ts'
import { discoveryRoutes } from './discovery.ts'
import { faultResponse, MastodonError } from './errors.ts'
import { oauthRoutes } from './oauth.ts'
import { createWorld, OUT_OF_BAND, PLEROMA_TOKEN_SECONDS, PROVIDER } from './world.ts'
import type { World } from './world.ts'

/** A Mastodon server, or one of another kind with the same API. It has its own host, since accounts contain it. */
export function createMastodon (services: SandboxServices): Simulator {
  const { clock, hostOf } = services
  const world = createWorld(services)
  const { grants, users, quirks } = world

  return {
    id: PROVIDER,
    name: 'Mastodon',
    hasOwnHost: true,
    environment: (url) => ({ MASTODON_CLIENT_NAME: 'Carillon', MASTODON_HTTP_HOSTS: new URL(url).host }),

    async mount (app) {
      app.setErrorHandler((error: FastifyError | MastodonError | OAuth2Error, _request, reply) => {
        if (error instanceof OAuth2Error) return reply.code(error.status).headers(error.headers).send(error.body)
        const status = error instanceof MastodonError ? error.status : error.statusCode ?? 500
        return reply.code(status).send({ error: error.message })
      })
      await app.register(fastifyFormbody)
      acceptJson(app)
      addFamilyHooks(app, world)
      discoveryRoutes(app, world)
      oauthRoutes(app, world)
      apiRoutes(app, world)
    },

    controls (app) {
      app.post<{ Body: { account: string, isDisabled: boolean } }>('/disable-user', {
        schema: { body: bodyOf({ account: { type: 'string' }, isDisabled: { type: 'boolean' } }) }
      }, async ({ body: { account, isDisabled } }) => {
        const user = users.get(account)
        if (user === undefined) throw noSuchAccount(PROVIDER, account)
        Object.assign(user, { isDisabled })
        return { account: user.account, isDisabled }
      })
      app.post<{ Body: { maxCharacters: number } }>('/limits', {
        schema: { body: bodyOf({ maxCharacters: { type: 'integer', minimum: 1 } }) }
      }, async ({ body }) => Object.assign(world.limits, body))
      // As servers before 4.3 do with applications that were not used for a while.
      app.post('/forget-applications', async () => {
        const forgotten = world.applications.size
        world.applications.clear()
        return { forgotten }
      })
    },

    createAccount () {
      const { account } = users.create()
      const { id: clientId, secret: clientSecret } = world.sharedApplication()
      const isPleroma = world.family() === 'pleroma'
      const grant = grants.issue(account, clientId, { scope: 'read write' }, isPleroma ? PLEROMA_TOKEN_SECONDS : Infinity)
      const { accessToken, refreshToken } = grant
      return { account, accessToken, clientId, clientSecret, ...isPleroma && { refreshToken, expiresIn: PLEROMA_TOKEN_SECONDS } }
    },

    accountOf: (name) => users.get(name)?.account ?? name,
    // Only Pleroma's tokens expire.
    expireTokens: (account, kind = 'access') => world.family() === 'pleroma' ? grants.expire(kind, account) : 0,
    revokeTokens: (account) => grants.revoke(account),
    refreshes: grants.refreshes,
    state: { users, grants, applications: world.applications },
    quirks,
    consentPath () {
      const query = new URLSearchParams({ client_id: world.sharedApplication().id, redirect_uri: OUT_OF_BAND, response_type: 'code', scope: 'read' })
      return `http://${hostOf(PROVIDER)}/oauth/authorize?${query}`
    },

    toCard (item) {
      const { text, visibility, from } = item as { text: string, visibility: string, from: string }
      return { kind: `${visibility} post of ${from}`, body: text }
    },

    faultResponse: (status) => faultResponse(status, clock),
    reset: world.reset
  }
}

function bodyOf (properties: Record<string, object>): object {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false }
}

/** GoToSocial requires a User-Agent. Pleroma repeats its response to a key, also for another account. */
function addFamilyHooks (app: FastifyInstance, { family, responses }: World): void {
  app.addHook('onRequest', async (request) => {
    if (family() === 'gotosocial' && request.headers['user-agent'] === undefined) {
      throw new MastodonError(418, "I'm a teapot: no user-agent sent with request")
    }
  })

  app.addHook('preHandler', async (request, reply) => {
    const key = request.headers['idempotency-key']
    const kept = family() === 'pleroma' && typeof key === 'string' ? responses.get(key) : undefined
    if (kept === undefined) return
    return reply.code(kept.status).headers({ 'idempotent-replayed': 'true', 'content-type': 'application/json; charset=utf-8' }).send(kept.body)
  })

  app.addHook('onSend', async (request, reply, payload) => {
    const key = request.headers['idempotency-key']
    if (family() === 'pleroma' && request.method === 'POST' && typeof key === 'string' && typeof payload === 'string' && !responses.has(key)) {
      responses.set(key, { status: reply.statusCode, body: payload })
    }
    return payload
  })
}
