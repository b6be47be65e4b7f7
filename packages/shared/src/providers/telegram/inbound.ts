import { createHmac, timingSafeEqual } from 'node:crypto'
import { parseJson, ProviderError } from '@carillon/http'
import type { InboundReader } from '../inbound.ts'
import type { BotApi } from './bot-api.ts'
import { allowedUpdates, readUpdate } from './updates.ts'

interface InboundOptions {
  botToken: string
  /** Absent when the updates are polled. */
  webhookUrl: string | undefined
  api: BotApi
}

/** How long the Bot API waits for an update before it responds. */
const pollSeconds = 25
const pollTimeoutMs = 40_000
const maxPollBytes = 8 * 1024 * 1024

/**
 * Updates of the bot: Telegram sends them to the webhook, or a worker polls them. A webhook carries a secret that is derived from
 * the bot's token, so the operator configures no other.
 */
export function createInboundReader ({ botToken, webhookUrl, api }: InboundOptions): InboundReader {
  const secret = createHmac('sha256', botToken).update('webhook secret').digest('base64url')
  return {
    read ({ headers, body }) {
      if (!isSame(headers['x-telegram-bot-api-secret-token'] ?? '', secret)) {
        throw new ProviderError({ kind: 'unauthorized', reason: 'the secret token is missing or wrong' }, api.host)
      }
      const message = readUpdate(parseJson(body))
      if (message === undefined) throw new ProviderError({ kind: 'rejected', reason: 'the body is no update' }, api.host)
      return message
    },
    ...webhookUrl === undefined
      ? {
          async poll (cursor, context) {
            const updates = await api.call('getUpdates', {
              ...cursor !== null && { offset: Number(cursor) }, timeout: pollSeconds, limit: 100, allowed_updates: allowedUpdates
            }, context, { timeoutMs: pollTimeoutMs, maxResponseBytes: maxPollBytes })
            const last = Array.isArray(updates) ? updates.at(-1) : undefined
            const messages = (Array.isArray(updates) ? updates : []).map(readUpdate).filter((message) => message !== undefined)
            // Requesting the next update confirms all before it.
            return { messages, cursor: last === undefined ? cursor : String(Number(last.update_id) + 1) }
          }
        }
      : {
          async register (context) {
            await api.call('setWebhook', { url: webhookUrl, secret_token: secret, allowed_updates: allowedUpdates }, context)
          }
        }
  }
}

function isSame (given: string, expected: string): boolean {
  const [ours, theirs] = [Buffer.from(expected), Buffer.from(given)]
  return ours.length === theirs.length && timingSafeEqual(ours, theirs)
}
