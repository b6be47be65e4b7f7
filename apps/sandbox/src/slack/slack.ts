import fastifyFormbody from '@fastify/formbody'
import type { FastifyError } from 'fastify'
import { acceptJson } from '../kit/http/accept-json.ts'
import { gatewayPage } from '../kit/http/gateway-page.ts'
import { recordRequest } from '../kit/http/recorded-request.ts'
import { createRateLimiter } from '../kit/rate-limiter.ts'
import type { SandboxServices, Simulator } from '../kit/simulator.ts'
import { apiRoutes } from './api.ts'
import { ACCESS_SECONDS, createWorld } from './world.ts'
import { CLIENT, consentPath, environment, PROVIDER } from './client.ts'
import { mentionsEveryone, unescapeText } from './content.ts'
import type { Content, Deliver } from './content.ts'
import { slackControls } from './controls.ts'
import type { Limits } from './controls.ts'
import { createEvents } from './events.ts'
import { hookRoutes } from './hooks.ts'
import { oauthRoutes } from './oauth.ts'
import { SlackError } from './slack-error.ts'

/** Slack for an app with a bot: installation, direct messages, incoming webhooks and events. */
export function createSlack (services: SandboxServices): Simulator {
  const { clock, inbox } = services
  const world = createWorld(services)
  const { grants, members, quirks } = world
  const events = createEvents(services)
  const rateLimiter = createRateLimiter(clock)
  const limits: Limits = {}
  let lastSeconds = 0

  /** Time stamps are unique, and serve as ids. */
  const deliver: Deliver = (request, member, content) => {
    for (const [bucket, limit] of [[member.id, limits.channel], [member.workspace.id, limits.workspace]] as const) {
      const waitSeconds = limit === undefined ? undefined : rateLimiter.take(bucket, limit)
      if (waitSeconds !== undefined) throw new SlackError('ratelimited', {}, waitSeconds)
    }
    lastSeconds = Math.max(clock.nowMs() / 1000, lastSeconds + 0.000_001)
    const ts = lastSeconds.toFixed(6)
    inbox.add(PROVIDER, member.account, recordRequest(request), { ts, ...content, mentionsEveryone: mentionsEveryone(content) })
    return ts
  }

  return {
    id: PROVIDER,
    name: 'Slack',
    environment,

    async mount (app) {
      app.setErrorHandler((error: FastifyError | SlackError, _request, reply) => {
        const { status, headers, body } = error instanceof SlackError ? error : toSlackError(error)
        return reply.code(status).headers(headers).send(body)
      })
      app.setNotFoundHandler((_request, reply) => reply.send(new SlackError('unknown_method').body))
      await app.register(fastifyFormbody)
      acceptJson(app)
      oauthRoutes(app, world, services)
      apiRoutes(app, world, deliver)
      app.register(async (scope) => { hookRoutes(scope, world, deliver) })
    },

    createAccount (workspace) {
      const person = members.create(workspace)
      const { accessToken, refreshToken } = world.install(person.workspace, CLIENT.scopes)
      const granted = {
        account: person.account,
        workspaceId: person.workspace.id,
        userId: person.id,
        channelId: world.conversationOf(person),
        accessToken
      }
      return quirks.rotatesTokens ? { ...granted, refreshToken, expiresIn: ACCESS_SECONDS } : granted
    },

    expireTokens: (account, kind = 'access') => grants.expire(kind, workspaceIn(account)),

    // The removal of the app, without its events. `POST /_control/slack/remove-app` sends them.
    revokeTokens: (account) =>
      [...account === undefined ? world.workspaces.values() : [world.workspaceOf(account)]].filter(world.uninstall).length,

    refreshes: (account) => grants.refreshes(workspaceIn(account)),
    quirks,
    controls: (app) => { slackControls(app, { world, events, limits, rateLimiter }) },
    consentPath,
    toCard: (item) => ({ kind: 'message', body: unescapeText((item as Content).text) }),
    faultResponse,
    state: world.state,

    reset () {
      for (const part of [world, events, rateLimiter]) part.reset()
      delete limits.channel
      delete limits.workspace
    }
  }

  function workspaceIn (account: string | undefined): string | undefined {
    return account === undefined ? undefined : world.workspaceOf(account).name
  }
}

/** For a body that cannot be parsed, and for bugs of the sandbox. */
function toSlackError ({ statusCode = 500 }: FastifyError): SlackError {
  return new SlackError(statusCode < 500 ? 'invalid_arguments' : 'internal_error')
}

function faultResponse (status: number): { headers: Record<string, string>, body: unknown } {
  if (status === 429) return { headers: { 'retry-after': '30' }, body: { ok: false, error: 'ratelimited' } }
  return { headers: {}, body: status < 400 ? { ok: true } : gatewayPage(status) }
}
