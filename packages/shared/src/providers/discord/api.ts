import { sendRequest } from '@carillon/http'
import type { Classifier, HttpRequest, HttpResponse } from '@carillon/http'
import type { RequestContext } from '../request-context.ts'
import type { Webhook } from './credentials.ts'

/** Discord refuses requests whose User-Agent does not begin like this. Ours follows it. */
const userAgent = 'DiscordBot (Carillon, 10)'

/** Exactly one credential authorizes a request: that of the bot or a user, or the webhook's token in the path. */
export interface Call extends Pick<HttpRequest, 'method' | 'headers' | 'body' | 'timeoutMs'> {
  path: string
  authorization?: string
}

/** Version 10 of the API. */
export interface DiscordApi {
  readonly host: string
  readonly tokenUrl: string
  /** Throws ProviderError. */
  call: <T>(call: Call, classifyResponse: Classifier<T>, context: RequestContext) => Promise<T>
}

export function createDiscordApi (baseUrl: string): DiscordApi {
  return {
    host: new URL(baseUrl).host,
    tokenUrl: `${baseUrl}/api/oauth2/token`,

    async call ({ path, authorization, headers, ...rest }, classifyResponse, context) {
      const all = { accept: 'application/json', 'user-agent': userAgent, ...headers, ...authorization !== undefined && { authorization } }
      return await sendRequest({ url: `${baseUrl}/api/v10${path}`, headers: all, ...rest }, (response, now) => {
        if (authorization === undefined) reportBucket(response, context)
        return classifyResponse(response, now)
      }, context)
    }
  }
}

/** The path of a webhook, which is all that its user needs. */
export function pathOf ({ webhookId, webhookToken }: Webhook): string {
  return `/webhooks/${webhookId}/${webhookToken}`
}

/** The bucket of the webhook is empty. Discord would refuse the next message, and blocks whom it refuses too often. */
function reportBucket ({ status, headers }: HttpResponse, { now, onNearLimit }: RequestContext): void {
  const seconds = Number(headers['x-ratelimit-reset-after'])
  if (status >= 400 || headers['x-ratelimit-remaining'] !== '0' || !(seconds > 0)) return
  onNearLimit?.({ scope: 'host', retryAt: now() + Math.min(seconds, 60) * 1_000 })
}
