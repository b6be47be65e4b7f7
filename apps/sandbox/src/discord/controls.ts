import type { FastifyInstance } from 'fastify'
import { noSuchAccount } from '../control/control-error.ts'
import { PROVIDER } from './client.ts'
import type { Events } from './events.ts'
import type { Limiter, Limits } from './limits.ts'
import { urlOfWebhook } from './settings.ts'
import type { Member, World } from './world.ts'

const window = object({ requests: { type: 'integer', minimum: 1 }, seconds: { type: 'number', exclusiveMinimum: 0 } }, ['requests', 'seconds'])
const account = { type: 'string' }

/** The application's settings and events, pasted webhooks, people and channels, and limits. */
export function discordControls (app: FastifyInstance, world: World, events: Events, limiter: Limiter): void {
  const { members, grants } = world

  app.post<{ Body: { eventsUrl?: string | null, botToken?: string } }>(
    '/app', {
      schema: { body: object({ eventsUrl: { anyOf: [{ type: 'string', pattern: '^https?://' }, { type: 'null' }] }, botToken: { type: 'string' } }, []) }
    },
    async (request) => {
      const { eventsUrl, botToken } = request.body
      world.botToken = botToken ?? world.botToken
      if (eventsUrl !== undefined) {
        events.url = eventsUrl
        await events.check()
      }
      return { data: events.list() }
    })

  app.get('/events', async () => ({ data: events.list() }))

  app.post<{ Body: { account: string } }>('/webhooks', { schema: { body: object({ account }, ['account']) } }, async (request) => {
    const { account } = request.body
    return { account, url: urlOfWebhook(world.addWebhook(members.open(account), false), request) }
  })

  app.post<{ Body: { account: string, removesWebhooks?: boolean } }>(
    '/remove-app', { schema: { body: object({ account, removesWebhooks: { type: 'boolean' } }, ['account']) } },
    async (request) => {
      const person = memberOf(request.body.account)
      const revoked = grants.revoke(person.account)
      if (request.body.removesWebhooks === true) world.removeWebhooks(person)
      await events.sendDeauthorized(person)
      return { revoked }
    })

  app.post<{ Body: { account: string, dms?: Member['dms'], isChannelGone?: boolean, renewsConversation?: boolean } }>(
    '/members', {
      schema: {
        body: object({
          account, dms: { type: 'string', enum: ['open', 'blocked', 'noServer'] }, isChannelGone: { type: 'boolean' }, renewsConversation: { type: 'boolean' }
        }, ['account'])
      }
    },
    async (request) => {
      const { account, dms, isChannelGone, renewsConversation } = request.body
      const member = memberOf(account)
      member.dms = dms ?? member.dms
      member.isChannelGone = isChannelGone ?? member.isChannelGone
      if (renewsConversation === true) world.renewConversation(member)
      return { account: member.account, dms: member.dms, isChannelGone: member.isChannelGone }
    })

  app.post<{ Body: Partial<Limits> }>(
    '/limits', { schema: { body: object({ bucket: window, channel: window, opening: window, global: window, refused: window }, []) } },
    async (request) => {
      limiter.reset()
      return Object.assign(limiter.limits, request.body)
    })

  function memberOf (name: string): Member {
    const member = members.get(name) ?? members.byId(name)
    if (member === undefined) throw noSuchAccount(PROVIDER, name)
    return member
  }
}

function object (properties: object, required: string[]): object {
  return { type: 'object', properties, required, additionalProperties: false }
}
