import type { FastifyInstance, FastifyRequest } from 'fastify'
import { credentialsOf } from '../kit/http/authorization.ts'
import { queryOf } from '../kit/http/parameters.ts'
import { isObject } from '../kit/http/parse-object.ts'
import { recordRequest } from '../kit/http/recorded-request.ts'
import type { SandboxServices } from '../kit/simulator.ts'
import { CLIENT, PROVIDER } from './client.ts'
import { readMessage } from './content.ts'
import type { Content } from './content.ts'
import { DiscordError, invalidForm, unauthorized, unknownChannel, unknownMessage, unknownUser, unknownWebhook } from './discord-error.ts'
import type { Limiter } from './limits.ts'
import type { Member, Message, Webhook, World } from './world.ts'

interface WebhookParams { webhookId: string, webhookToken: string }
type MessageParams = WebhookParams & { messageId: string }

const NONCE_MS = 5 * 60 * 1000

/** Webhooks, direct messages of the bot, and the user of a token. */
export function apiRoutes (app: FastifyInstance, world: World, limiter: Limiter, { clock, inbox }: SandboxServices): void {
  const { grants, members, messages, nonces, webhooks } = world
  const webhookPath = '/webhooks/:webhookId/:webhookToken'
  const messagePath = `${webhookPath}/messages/:messageId`

  app.get<{ Params: WebhookParams }>(webhookPath, async ({ params }) => toWebhookObject(webhookOf(params)))

  app.delete<{ Params: WebhookParams }>(webhookPath, async ({ params }, reply) => {
    webhooks.delete(webhookOf(params).id)
    return reply.code(204).send()
  })

  app.post<{ Params: WebhookParams }>(webhookPath, async (request, reply) => {
    const webhook = webhookOf(request.params)
    limiter.takeMessage(reply, webhook.id, webhook.member.channelId)
    const { content } = await readMessage(request)
    const message = post(request, webhook.member, { channelId: webhook.member.channelId, webhookId: webhook.id, content })
    // Without `wait`, the sender does not hear of the message.
    return queryOf(request).get('wait') === 'true' ? toMessageObject(message) : reply.code(204).send()
  })

  app.get<{ Params: MessageParams }>(messagePath, async ({ params }) => toMessageObject(messageOf(params)))

  app.patch<{ Params: MessageParams }>(messagePath, async (request) => {
    const message = messageOf(request.params)
    message.content = (await readMessage(request)).content
    return toMessageObject(message)
  })

  app.delete<{ Params: MessageParams }>(messagePath, async ({ params }, reply) => {
    messages.delete(messageOf(params).id)
    return reply.code(204).send()
  })

  app.post('/users/@me/channels', async (request) => {
    assertBot(request)
    const { recipient_id: recipientId } = isObject(request.body) ? request.body : {}
    const person = members.byId(String(recipientId))
    if (person === undefined) throw unknownUser()
    limiter.takeOpening()
    if (person.dms === 'noServer') throw noServer()
    return { id: person.conversationId, type: 1, recipients: [toUser(person)] }
  })

  app.post<{ Params: { channelId: string } }>('/channels/:channelId/messages', async (request, reply) => {
    assertBot(request)
    const { channelId } = request.params
    const person = world.byConversation(channelId)
    if (person === undefined) throw unknownChannel()
    limiter.takeMessage(reply, channelId, channelId)
    if (person.dms === 'noServer') throw noServer()
    if (person.dms === 'blocked') throw new DiscordError(403, 50007, 'Cannot send messages to this user')
    const { json, content } = await readMessage(request)
    const { nonce, enforce_nonce: isEnforced } = json
    if (nonce !== undefined && String(nonce).length > 25) throw invalidForm({ nonce: 'Must be 25 or fewer in length.' })
    if (nonce === undefined || isEnforced !== true) return toMessageObject(post(request, person, { channelId, content }))
    const known = nonces.get(String(nonce))
    if (known !== undefined && known.untilMs > clock.nowMs()) {
      const first = messages.get(known.id)
      if (first === undefined) throw unknownMessage()
      return { ...toMessageObject(first), nonce }
    }
    const message = post(request, person, { channelId, content })
    nonces.set(String(nonce), { id: message.id, untilMs: clock.nowMs() + NONCE_MS })
    return { ...toMessageObject(message), nonce }
  })

  app.get<{ Params: { userId: string } }>('/users/:userId', async (request) => {
    assertBot(request)
    const person = members.byId(request.params.userId)
    if (person === undefined) throw unknownUser()
    return toUser(person)
  })

  app.get('/oauth2/@me', async (request) => {
    const grant = grants.byAccessToken(credentialsOf(request, 'bearer') ?? '')
    if (grant === undefined || grants.isExpired(grant)) throw unauthorized()
    const { scopes } = grant.details
    const user = scopes.includes('identify') ? { user: toUser(members.open(grant.account)) } : {}
    const application = { id: CLIENT.id, name: CLIENT.name }
    return { application, scopes, expires: new Date(grant.accessExpiresMs).toISOString(), ...user }
  })

  function assertBot (request: FastifyRequest): void {
    if (credentialsOf(request, 'bot') !== world.botToken) throw unauthorized()
  }

  function webhookOf ({ webhookId, webhookToken }: WebhookParams): Webhook {
    const webhook = webhooks.get(webhookId)
    if (webhook === undefined || webhook.member.isChannelGone) throw unknownWebhook()
    if (webhook.token !== webhookToken) throw new DiscordError(401, 50027, 'Invalid Webhook Token')
    return webhook
  }

  function messageOf (params: MessageParams): Message {
    const message = messages.get(params.messageId)
    if (message === undefined || message.webhookId !== webhookOf(params).id) throw unknownMessage()
    return message
  }

  function post (
    request: FastifyRequest, member: Member, rest: { channelId: string, webhookId?: string, content: Content }
  ): Message {
    const { channelId, content } = rest
    const message = { id: world.newId(), member, ...rest }
    messages.set(message.id, message)
    const recorded = { ...recordRequest(request), path: withoutToken(request) }
    inbox.add(PROVIDER, member.account, recorded, { id: message.id, channelId, ...content })
    return message
  }

  function toMessageObject ({ id, channelId, webhookId, content }: Message): object {
    return {
      id,
      type: 0,
      channel_id: channelId,
      content: content.title === undefined ? content.text : '',
      embeds: content.title === undefined ? [] : [{ type: 'rich', title: content.title, description: content.text }],
      attachments: content.files.map(({ name, type, size }, index) =>
        ({ id: String(index), filename: name, content_type: type, size })),
      mention_everyone: content.mentionsEveryone,
      author: { id: webhookId ?? CLIENT.id, username: CLIENT.name, bot: true },
      timestamp: new Date(clock.nowMs()).toISOString(),
      ...webhookId !== undefined && { webhook_id: webhookId }
    }
  }
}

/** What the token endpoint and the API say about a webhook. */
export function toWebhookObject ({ id, token, name, member, isOwn }: Webhook): object {
  const { channelId, guildId } = member
  const applicationId = isOwn ? CLIENT.id : null
  return { id, token, name, type: 1, channel_id: channelId, guild_id: guildId, application_id: applicationId, avatar: null }
}

function noServer (): DiscordError {
  return new DiscordError(403, 50278, 'Cannot send messages to this user due to having no mutual guilds')
}

function toUser ({ userId, account }: Member): object {
  return { id: userId, username: account, discriminator: '0', global_name: account, avatar: null }
}

/** The inbox contains no credentials. */
function withoutToken ({ url, params }: FastifyRequest): string {
  const { webhookToken } = params as Partial<WebhookParams>
  const [path = ''] = url.split('?')
  return webhookToken === undefined ? path : path.replace(webhookToken, '[redacted]')
}
