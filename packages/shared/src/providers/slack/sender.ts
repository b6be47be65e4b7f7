import { isText, ProviderError, sendRequest } from '@carillon/http'
import type { Classification, Classifier, HttpResponse, LimitScope } from '@carillon/http'
import type { Receipt } from '../capabilities.ts'
import type { RequestContext } from '../request-context.ts'
import type { SlackApi } from './api.ts'
import { classify, classifyWebhook, refusalOf, webhookRefusalOf } from './classify.ts'
import type { SlackCredentials } from './credentials.ts'
import { blockCodes, failureOf } from './errors.ts'
import { createRecentKeys } from './recent-keys.ts'
import type { Content } from './render.ts'

/** Posts messages as blocks, or as plain text where Slack refuses the blocks. All members throw ProviderError. */
export interface Sender {
  /** Returns the person's conversation with the app. */
  openConversation: (userId: string, accessToken: string, context: RequestContext) => Promise<string>
  postToPerson: (credentials: PersonCredentials, content: Content, key: string, context: RequestContext) => Promise<Receipt>
  /** An incoming webhook returns no id, so the receipt has none of Slack's. */
  postToWebhook: (webhookUrl: string, content: Content, key: string, context: RequestContext) => Promise<Receipt>
}

type PersonCredentials = SlackCredentials & { userId: string }

/** Messages to a channel within this time may be the cause of a rate limit. */
const recentMs = 10_000

export function createSender (api: SlackApi): Sender {
  const posts = createRecentKeys(recentMs)
  return { openConversation, postToPerson, postToWebhook }

  async function openConversation (userId: string, accessToken: string, context: RequestContext): Promise<string> {
    return await api.call('conversations.open', { users: userId }, accessToken, (response, now) => classify(response, now, readChannel), context)
  }

  async function postToPerson (
    credentials: PersonCredentials, content: Content, key: string, context: RequestContext
  ): Promise<Receipt> {
    const { userId, channelId, accessToken } = credentials
    const posted = channelId === undefined ? 'channelNotFound' : await post(channelId)
    if (posted !== 'channelNotFound') return posted
    // After a new installation the app is another bot, whose conversations have other ids.
    const opened = await openConversation(userId, accessToken, context)
    const repeated = opened === channelId ? 'channelNotFound' : await post(opened)
    if (repeated === 'channelNotFound') throw new ProviderError(failureOf('channel_not_found'), api.host)
    const moved: SlackCredentials = { ...credentials, channelId: opened }
    context.onMoved?.(moved)
    return repeated

    async function post (channel: string): Promise<Receipt | 'channelNotFound'> {
      const scope = scopeOf(channel, context)
      const plain = {
        channel,
        text: content.text,
        mrkdwn: 'false',
        // Slack would open the links, and some links work only once.
        unfurl_links: 'false',
        unfurl_media: 'false',
        // Slack has no idempotency key. This makes a repeated message recognizable.
        metadata: JSON.stringify({ event_type: 'carillon_delivery', event_payload: { key } })
      }
      const blocks = JSON.stringify(content.blocks)
      const posted = await api.call('chat.postMessage', { ...plain, blocks }, accessToken, (response, now) => classifyBlocks(response, now, scope), context)
      const final = posted === 'blocksRefused'
        ? await api.call('chat.postMessage', plain, accessToken, (response, now) => classifyPost(response, now, scope), context)
        : posted
      if (final !== 'channelNotFound') posts.add(channel, context.now())
      return final
    }
  }

  async function postToWebhook (webhookUrl: string, content: Content, key: string, context: RequestContext): Promise<Receipt> {
    const plain = { text: content.text, mrkdwn: false, unfurl_links: false, unfurl_media: false }
    const scope = scopeOf(webhookUrl, context)
    const posted = await post<'ok' | 'blocksRefused'>({ ...plain, blocks: content.blocks }, (response, now) =>
      webhookRefusalOf(response) === undefined ? classifyWebhook(response, now, scope) : { kind: 'ok', value: 'blocksRefused' })
    if (posted === 'blocksRefused') await post(plain, (response, now) => classifyWebhook(response, now, scope))
    posts.add(webhookUrl, context.now())
    return { id: key }

    async function post<T> (body: object, classifyResponse: Classifier<T>): Promise<T> {
      const headers = { 'content-type': 'application/json; charset=utf-8' }
      return await sendRequest({ method: 'POST', url: webhookUrl, headers, body: JSON.stringify(body) }, classifyResponse, context)
    }
  }

  /**
   * Slack counts messages by channel and by workspace, and refuses with the same response. A channel without recent messages
   * cannot be the cause.
   */
  function scopeOf (channel: string, context: RequestContext): LimitScope {
    return posts.has(channel, context.now()) ? 'connection' : 'host'
  }
}

function classifyBlocks (
  response: HttpResponse, now: number, scope: LimitScope
): Classification<Receipt | 'channelNotFound' | 'blocksRefused'> {
  const code = refusalOf(response)
  return code !== undefined && blockCodes.includes(code) ? { kind: 'ok', value: 'blocksRefused' } : classifyPost(response, now, scope)
}

function classifyPost (response: HttpResponse, now: number, scope: LimitScope): Classification<Receipt | 'channelNotFound'> {
  if (refusalOf(response) === 'channel_not_found') return { kind: 'ok', value: 'channelNotFound' }
  return classify(response, now, readReceipt, scope)
}

function readReceipt ({ channel, ts }: Record<string, unknown>): Receipt | undefined {
  return isText(channel) && isText(ts) ? { id: `${channel}/${ts}` } : undefined
}

function readChannel ({ channel }: Record<string, unknown>): string | undefined {
  const id = typeof channel === 'object' && channel !== null && 'id' in channel ? channel.id : undefined
  return isText(id) ? id : undefined
}
