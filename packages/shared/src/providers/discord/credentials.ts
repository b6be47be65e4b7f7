import { isObject, isToken, ProviderError } from '@carillon/http'
import type { Credentials } from '../credentials.ts'

/** Where the messages of a connection go: to a channel by a webhook, or to a person by the bot. */
export type DiscordCredentials = Webhook | Person

export interface Webhook extends Credentials {
  webhookId: string
  webhookToken: string
  /** The application created the webhook. A pasted one belongs to the user, whose other programs may use it. */
  isOwn?: true
}

export interface Person extends Credentials {
  userId: string
  /** The bot's conversation with the person. */
  channelId: string
}

/** Throws ProviderError `malformed`. */
export function parseCredentials (value: unknown, host: string): DiscordCredentials {
  const { webhookId, webhookToken, isOwn, userId, channelId } = isObject(value) ? value : {}
  if (isId(webhookId) && isToken(webhookToken)) return { webhookId, webhookToken, ...isOwn === true && { isOwn } }
  if (isId(userId) && isId(channelId)) return { userId, channelId }
  throw new ProviderError({ kind: 'malformed', reason: 'credentials lack a usable webhook or person' }, host)
}

export function isPerson (credentials: DiscordCredentials): credentials is Person {
  return 'userId' in credentials
}

/** Ids are numbers of 64 bits, as text. */
export function isId (value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,20}$/.test(value)
}

const discordHosts = ['discord.com', 'discordapp.com', 'ptb.discord.com', 'canary.discord.com', 'ptb.discordapp.com', 'canary.discordapp.com']

/** Parses the URL of a webhook at Discord, or at `baseUrl`. Requests go to `baseUrl` only. Throws ProviderError `rejected`. */
export function parseWebhookUrl (text: string, baseUrl: string): Webhook {
  const { host } = new URL(baseUrl)
  if (!URL.canParse(text)) throw rejected('must be the URL of a webhook', host)
  const { origin, hostname, username, password, pathname, searchParams, href } = new URL(text)
  const isAtBase = href.startsWith(`${baseUrl}/`)
  const isAtDiscord = discordHosts.includes(hostname) && origin === `https://${hostname}`
  if (!isAtBase && !isAtDiscord) throw rejected('is not a URL of Discord', host)
  const path = isAtBase ? pathname.slice(new URL(`${baseUrl}/`).pathname.length - 1) : pathname
  const [, webhookId, webhookToken] = /^\/api(?:\/v\d{1,2})?\/webhooks\/(\d{1,20})\/([\w-]{1,200})\/?$/.exec(path) ?? []
  if (webhookId === undefined || webhookToken === undefined || username !== '' || password !== '') {
    throw rejected('is not complete: copy the URL of the webhook in Discord', host)
  }
  if (searchParams.has('thread_id')) throw rejected('names a thread: enter the URL of the webhook without thread_id', host)
  return { webhookId, webhookToken }
}

function rejected (reason: string, host: string): ProviderError {
  return new ProviderError({ kind: 'rejected', reason }, host)
}
