import fastifyFormbody from '@fastify/formbody'
import fastifyMultipart from '@fastify/multipart'
import type { FastifyError } from 'fastify'
import { acceptJson } from '../kit/http/accept-json.ts'
import { gatewayPage } from '../kit/http/gateway-page.ts'
import { OAuth2Error } from '../kit/oauth/oauth2-error.ts'
import type { FaultResponse, SandboxServices, Simulator } from '../kit/simulator.ts'
import { apiRoutes } from './api.ts'
import { environment, PROVIDER, scopeVariable } from './client.ts'
import type { Content } from './content.ts'
import { discordControls } from './controls.ts'
import { DiscordError, limited, unauthorized } from './discord-error.ts'
import { createEvents } from './events.ts'
import { createLimiter } from './limits.ts'
import { oauthRoutes } from './oauth.ts'
import { settingsRoutes } from './settings.ts'
import { createWorld } from './world.ts'

/** Discord for an application: sign-in with a channel, webhooks, direct messages of a bot, and events. */
export function createDiscord (services: SandboxServices): Simulator {
  const world = createWorld(services)
  const { grants, members, webhooks } = world
  const events = createEvents(services)
  const limiter = createLimiter(services.clock)
  /** Whether the accounts that a control call creates receive direct messages, in place of messages to a channel. */
  const quirks = { accountsArePeople: false }

  return {
    id: PROVIDER,
    name: 'Discord',
    environment: (url) => environment(url, services.env[scopeVariable]),

    async mount (app) {
      app.setErrorHandler((error: FastifyError | DiscordError | OAuth2Error, _request, reply) => {
        const isOwn = error instanceof DiscordError || error instanceof OAuth2Error
        const { status, headers, body } = isOwn ? error : toDiscordError(error)
        if ([401, 403, 429].includes(status) && !isShared(headers)) limiter.countRefused()
        return reply.code(status).headers(headers).send(body)
      })
      app.setNotFoundHandler((_request, reply) => reply.code(404).send({ message: '404: Not Found', code: 0 }))
      app.addHook('onRequest', async (request, reply) => {
        if (!request.url.startsWith('/discord/api/')) return
        const blockedSeconds = limiter.blockedSeconds()
        if (blockedSeconds !== undefined) {
          reply.code(429).header('retry-after', String(Math.ceil(blockedSeconds)))
          return await reply.type('text/html').send(gatewayPage(429))
        }
        // Discord's firewall refuses requests without a User-Agent, and those of browsers.
        const userAgent = request.headers['user-agent'] ?? ''
        if (userAgent === '' || userAgent.startsWith('Mozilla/')) return await reply.code(403).type('text/plain').send('error code: 1010')
        limiter.takeRequest()
      })
      await app.register(fastifyFormbody)
      await app.register(fastifyMultipart)
      acceptJson(app)
      oauthRoutes(app, world, services)
      settingsRoutes(app, world)
      for (const prefix of ['/api', '/api/v10']) {
        app.register(async (scope) => { apiRoutes(scope, world, limiter, services) }, { prefix })
      }
    },

    createAccount () {
      const member = members.create()
      const { account, userId, conversationId: channelId } = member
      if (quirks.accountsArePeople) return { account, userId, channelId }
      const { id: webhookId, token: webhookToken } = world.addWebhook(member, true)
      return { account, webhookId, webhookToken, isOwn: true }
    },

    expireTokens: (account, kind = 'access') => grants.expire(kind, account),

    // What the owner of a server does: the webhooks no longer exist. `POST /_control/discord/remove-app` removes the application.
    revokeTokens: (account) => [...members.all()]
      .filter((member) => account === undefined || member.account === account)
      .reduce((removed, member) => removed + world.removeWebhooks(member), 0),

    refreshes: grants.refreshes,
    quirks,
    controls: (app) => { discordControls(app, world, events, limiter) },
    consentPath: () => '/discord/settings',
    toCard (item) {
      const { title, text, url, imageUrl, files } = item as Content
      const names = files.map(({ name }) => `[${name}]`).join(' ')
      return { kind: files.length > 0 ? 'file' : 'message', title, body: [text, names].filter((part) => part !== '').join('\n'), url, imageUrl }
    },
    faultResponse,
    state: world.state,

    reset () {
      for (const part of [world, events, limiter]) part.reset()
      webhooks.clear()
    }
  }
}

function isShared (headers: Record<string, string>): boolean {
  return headers['x-ratelimit-scope'] === 'shared'
}

/** For a body that cannot be parsed, and for bugs of the sandbox. */
function toDiscordError ({ statusCode = 500 }: FastifyError): DiscordError {
  return statusCode < 500
    ? new DiscordError(statusCode, 50109, 'The request body contains invalid JSON.')
    : new DiscordError(500, 0, '500: Internal Server Error')
}

function faultResponse (status: number): FaultResponse {
  if (status === 429) return limited(10, 'user')
  if (status === 401) return unauthorized()
  if (status >= 500) return { headers: {}, body: gatewayPage(status) }
  return { headers: {}, body: status < 400 ? {} : new DiscordError(status, 50035, 'Invalid Form Body').body }
}
