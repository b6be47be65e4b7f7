import { isObject, isText, ProviderError } from '@carillon/http'
import type { Receipt } from '../capabilities.ts'
import type { Account, Grant } from '../credentials.ts'
import type { ProviderClient } from '../define-provider.ts'
import type { AddressHandshake, CodeHandshake } from '../handshakes.ts'
import type { Message } from '../message.ts'
import { parseAccessToken } from '../oauth2/parse-access-token.ts'
import type { RequestContext } from '../request-context.ts'
import { createDiscordApi, pathOf } from './api.ts'
import { classify, classifyRemoval } from './classify.ts'
import { isId, isPerson, parseCredentials, parseWebhookUrl } from './credentials.ts'
import type { DiscordCredentials, Webhook } from './credentials.ts'
import { createInboundReader } from './inbound.ts'
import { render } from './render.ts'
import { createSender } from './sender.ts'

export interface DiscordConfig {
  /** The base URL of the site. */
  url: string
  clientId: string | undefined
  clientSecret: string | undefined
  /** Discord signs its events with it. Without it, the client reads no events. */
  publicKey: string | undefined
  botToken: string | undefined
  scope: readonly string[] | undefined
}

/** All direct messages share one token, and so their limits. */
const botHost = 'direct-messages'

/** Throws TypeError for a client without a secret, and when the permissions allow no messages. */
export function createDiscord (config: DiscordConfig): ProviderClient<DiscordCredentials> {
  const { url, publicKey, botToken } = config
  const api = createDiscordApi(url)
  const { host } = api
  const sender = createSender(api, authorizeBot)
  const code = createCodeHandshake()

  const address: AddressHandshake<DiscordCredentials> = {
    field: {
      label: 'Webhook URL',
      placeholder: `${url}/api/webhooks/…`,
      hint: 'In Discord, open the settings of a channel, choose Integrations and Webhooks, and copy the URL of a webhook.'
    },
    accept: acceptUrl
  }

  return {
    origins: [new URL(url).origin],
    handshakes: { ...code !== undefined && { code }, address },
    parseCredentials: (value) => parseCredentials(value, host),
    identify,
    send,
    render: (message) => render(message, host),
    revoke,
    survivesRemoval: true,
    ...publicKey !== undefined && { inbound: createInboundReader(publicKey, host) }
  }

  function createCodeHandshake (): CodeHandshake<DiscordCredentials> | undefined {
    const { clientId, clientSecret, scope = botToken === undefined ? ['webhook.incoming', 'identify'] : ['identify'] } = config
    if (clientId === undefined && clientSecret === undefined) return undefined
    if (clientId === undefined || clientSecret === undefined) throw new TypeError('DISCORD_CLIENT_ID and DISCORD_CLIENT_SECRET belong together')
    // The user's id is that of direct messages, and the one by which Discord reports that the user removed the application.
    if (!scope.includes('identify')) throw new TypeError('DISCORD_SCOPE needs identify')
    if (!scope.includes('webhook.incoming') && botToken === undefined) {
      throw new TypeError('DISCORD_SCOPE needs webhook.incoming for channels, or DISCORD_BOT_TOKEN for direct messages')
    }
    return {
      clientId,
      clientSecret,
      authorizeUrl: `${url}/oauth2/authorize`,
      tokenUrl: api.tokenUrl,
      tokenRequest: { credentials: 'header', format: 'form' },
      scope: [...scope],
      correlation: 'state',
      accept: async (token, context) => await acceptToken(token, scope, context)
    }
  }

  /**
   * Keeps only the webhook, or the id of the user. Sending needs no access token, and revoking one at Discord revokes all tokens
   * of the user.
   */
  async function acceptToken (
    token: Record<string, unknown>, scope: readonly string[], context: RequestContext
  ): Promise<Grant<DiscordCredentials>> {
    try {
      return await toGrant(token, scope, context)
    } catch (error) {
      // Discord has created the webhook already, and another attempt creates another one.
      const webhook = toOwnWebhook(token)
      if (webhook !== undefined) await revoke(webhook, context).catch(() => {})
      throw error
    }
  }

  async function toGrant (
    token: Record<string, unknown>, scope: readonly string[], context: RequestContext
  ): Promise<Grant<DiscordCredentials>> {
    const { accessToken } = parseAccessToken({ accessToken: token['access_token'] }, host)
    const user = await api.call({ method: 'GET', path: '/oauth2/@me', authorization: `Bearer ${accessToken}` }, (response, now) =>
      classify(response, now, 'user', ({ user }) => isObject(user) ? readUser(user) : undefined), context)
    const scopes = isText(token['scope']) ? token['scope'].split(' ') : scope
    const missingPermissions = scope.filter((name) => !scopes.includes(name))
    if (!scope.includes('webhook.incoming')) {
      const channelId = await sender.openConversation(user.id, context)
      return { credentials: { userId: user.id, channelId }, account: toPersonAccount(user), missingPermissions }
    }
    const credentials = toOwnWebhook(token)
    const webhook = readWebhookOf(token)
    if (credentials === undefined || webhook === undefined) throw new ProviderError({ kind: 'malformed', reason: 'token response lacks the webhook' }, host)
    return {
      credentials,
      account: { ...toChannelAccount(webhook), grantedBy: user.id },
      missingPermissions
    }
  }

  async function acceptUrl (text: string, context: RequestContext): Promise<Grant<DiscordCredentials>> {
    const credentials = parseWebhookUrl(text, url)
    const webhook = await fetchWebhook(credentials, context).catch((error: unknown) => {
      if (!(error instanceof ProviderError) || error.failure.kind !== 'gone') throw error
      throw rejected('belongs to no webhook: copy it again, or create a new webhook')
    })
    if (!webhook.isIncoming) throw rejected('is not that of an incoming webhook: create one in Discord')
    return { credentials, account: toChannelAccount(webhook) }

    /** The user can enter another URL. */
    function rejected (reason: string): ProviderError {
      return new ProviderError({ kind: 'rejected', reason }, host)
    }
  }

  async function identify (credentials: DiscordCredentials, context: RequestContext): Promise<Account> {
    if (!isPerson(credentials)) return toChannelAccount(await fetchWebhook(credentials, context))
    const path = `/users/${credentials.userId}`
    return toPersonAccount(await api.call({ method: 'GET', path, authorization: authorizeBot() }, (response, now) =>
      classify(response, now, 'bot', readUser), context))
  }

  async function fetchWebhook (webhook: Webhook, context: RequestContext): Promise<WebhookObject> {
    return await api.call({ method: 'GET', path: pathOf(webhook) }, (response, now) =>
      classify(response, now, 'webhook', readWebhook), context)
  }

  async function send (
    message: Message, key: string, credentials: DiscordCredentials, context: RequestContext
  ): Promise<Receipt> {
    return isPerson(credentials)
      ? await sender.postToPerson(message, key, credentials, context)
      : await sender.postToChannel(message, credentials, context)
  }

  /** Removes a webhook that the application created. */
  async function revoke (credentials: DiscordCredentials, context: RequestContext): Promise<void> {
    if (isPerson(credentials) || credentials.isOwn !== true) return
    await api.call({ method: 'DELETE', path: pathOf(credentials) }, classifyRemoval, context)
  }

  function authorizeBot (): string {
    if (botToken !== undefined) return `Bot ${botToken}`
    throw new ProviderError({ kind: 'misconfigured', reason: 'direct messages need DISCORD_BOT_TOKEN', scope: 'host' }, host)
  }
}

interface User {
  id: string
  name: string
}

interface WebhookObject {
  id: string
  token?: string
  channelId: string
  name: string
  /** Other types of webhooks take no messages. */
  isIncoming: boolean
}

function readUser ({ id, username }: Record<string, unknown>): User | undefined {
  return isId(id) ? { id, name: isText(username) ? username : id } : undefined
}

function readWebhook ({ id, type, token, name, channel_id: channelId }: Record<string, unknown>): WebhookObject | undefined {
  if (!isId(id) || !isId(channelId)) return undefined
  return { id, channelId, name: isText(name) ? name : 'Webhook', isIncoming: type === 1, ...isText(token) && { token } }
}

function readWebhookOf (token: Record<string, unknown>): WebhookObject | undefined {
  return readWebhook(isObject(token['webhook']) ? token['webhook'] : {})
}

/** The webhook that Discord created for the token. */
function toOwnWebhook (token: Record<string, unknown>): Webhook | undefined {
  const webhook = readWebhookOf(token)
  return webhook?.token === undefined ? undefined : { webhookId: webhook.id, webhookToken: webhook.token, isOwn: true }
}

/** Discord does not tell the channel's name. The end of the id distinguishes several channels. */
function toChannelAccount ({ channelId, name }: WebhookObject): Account {
  return { id: channelId, name: `${name} (channel …${channelId.slice(-4)})`, host: channelId }
}

function toPersonAccount ({ id, name }: User): Account {
  return { id, name, host: botHost }
}
