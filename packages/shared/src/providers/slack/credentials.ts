import { isObject, isText, ProviderError } from '@carillon/http'
import type { Tokens } from '../credentials.ts'
import { parseTokens } from '../oauth2/refresh-tokens.ts'

/** The bot token of a workspace, which all connections there share, and where the messages of one connection go. */
export interface SlackCredentials extends Tokens, Partial<Target> {
  accessToken: string
  /** Only in imported credentials: without it, nothing says which of them belong to one installation. */
  appId?: string
}

/** A person, who receives direct messages, or the channel of an incoming webhook. */
export interface Target {
  userId: string
  /** The app's conversation with the person, or the channel of the webhook. */
  channelId: string
  channelName: string
  webhookUrl: string
}

/** Throws ProviderError `malformed`. `hooksUrl` has the origin of all incoming webhooks. */
export function parseCredentials (value: unknown, host: string, hooksUrl: string): SlackCredentials {
  const tokens = parseTokens(value, host)
  const { appId, userId, channelId, channelName, webhookUrl } = isObject(value) ? value : {}
  const target = {
    ...isText(userId) && { userId: assertId(userId, 'user', host) },
    ...isText(channelId) && { channelId: assertId(channelId, 'channel', host) },
    ...isText(channelName) && { channelName },
    ...isText(webhookUrl) && { webhookUrl: assertWebhook(webhookUrl, host, hooksUrl) }
  }
  return { ...tokens, ...isText(appId) && { appId: assertId(appId, 'app', host) }, ...target }
}

function assertId (id: string, what: string, host: string): string {
  if (/^[A-Z][A-Z0-9]{1,31}$/.test(id)) return id
  throw new ProviderError({ kind: 'malformed', reason: `credentials have an unusable ${what} id` }, host)
}

/** The provider names this URL, and its origin is exempt from the guard. */
function assertWebhook (url: string, host: string, hooksUrl: string): string {
  if (URL.canParse(url) && new URL(url).origin === new URL(hooksUrl).origin) return url
  throw new ProviderError({ kind: 'malformed', reason: 'the incoming webhook has an unexpected origin' }, host)
}
