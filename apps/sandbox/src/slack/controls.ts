import type { FastifyInstance } from 'fastify'
import { noSuchAccount } from '../control/control-error.ts'
import { rateLimitSchema } from '../kit/rate-limiter.ts'
import type { RateLimit, RateLimiter } from '../kit/rate-limiter.ts'
import { PROVIDER } from './client.ts'
import type { Events } from './events.ts'
import type { Member, World } from './world.ts'

/** Messages are limited by channel, and also by workspace. Undefined: no limit. */
export interface Limits {
  channel?: RateLimit
  workspace?: RateLimit
}

const account = { type: 'string' }

/** The app's Request URL, events, its removal, people who leave, and limits. */
export function slackControls (
  app: FastifyInstance,
  { world, events, limits, rateLimiter }: { world: World, events: Events, limits: Limits, rateLimiter: RateLimiter }
): void {
  const { members, grants } = world

  app.post<{ Body: { eventsUrl: string | null } }>(
    '/app', { schema: { body: object({ eventsUrl: { anyOf: [{ type: 'string', pattern: '^https?://' }, { type: 'null' }] } }, ['eventsUrl']) } },
    async (request) => {
      events.url = request.body.eventsUrl
      return request.body
    })

  app.get('/events', async () => ({ data: events.list() }))

  app.post<{ Body: { account: string, event: object } }>(
    '/events', { schema: { body: object({ account, event: { type: 'object' } }, ['account', 'event']) } },
    async (request) => {
      await events.send(memberOf(request.body.account).workspace, request.body.event)
      return { data: events.list() }
    })

  app.post<{ Body: { account: string, sendsEvents?: boolean } }>(
    '/remove-app', { schema: { body: object({ account, sendsEvents: { type: 'boolean' } }, ['account']) } },
    async (request) => {
      const { workspace } = memberOf(request.body.account)
      const { botUserId } = workspace
      const removed = world.uninstall(workspace)
      if (request.body.sendsEvents ?? true) await events.sendRemoval(workspace, botUserId)
      return { removed }
    })

  app.post<{ Body: { account: string, isGone: boolean } }>(
    '/members', { schema: { body: object({ account, isGone: { type: 'boolean' } }, ['account', 'isGone']) } },
    async (request) => {
      const member = memberOf(request.body.account)
      member.isGone = request.body.isGone
      return { account: member.account, isGone: member.isGone }
    })

  app.post<{ Body: { account: string, scopes: string[] } }>(
    '/scopes', { schema: { body: object({ account, scopes: { type: 'array', items: { type: 'string' } } }, ['account', 'scopes']) } },
    async (request) => {
      for (const grant of grants.list(memberOf(request.body.account).workspace.name)) grant.details.scopes = request.body.scopes
      return { scopes: request.body.scopes }
    })

  app.post<{ Body: Limits }>('/limits', { schema: { body: object({ channel: rateLimitSchema, workspace: rateLimitSchema }, []) } }, async (request) => {
    delete limits.channel
    delete limits.workspace
    rateLimiter.reset()
    return Object.assign(limits, request.body)
  })

  app.get('/limits', async () => rateLimiter.counts())

  function memberOf (name: string): Member {
    const member = members.get(name) ?? members.byId(name)
    if (member === undefined) throw noSuchAccount(PROVIDER, name)
    return member
  }
}

function object (properties: object, required: string[]): object {
  return { type: 'object', properties, required, additionalProperties: false }
}
