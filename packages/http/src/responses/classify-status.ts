import type { Failure, LimitScope } from './failure.ts'
import type { HttpResponse } from '../client/messages.ts'
import { chooseRetryAt, parseRetryAfter } from './retry-after.ts'

/** What a provider may set where the status alone decides the kind of failure. */
export interface StatusRules {
  /** The retry times of a 429 in the provider's own headers, most reliable first. Default: `Retry-After`. */
  retryAt?: Array<number | undefined>
  limitReason?: string
  limitScope?: LimitScope
}

/**
 * Classifies a status that means the same from every server: a rate limit, or a server that is unable to serve the request. A
 * 503 with a time in `Retry-After` counts as a rate limit. Returns undefined for every other status, where the body decides.
 */
export function classifyStatus (
  { status, headers }: Pick<HttpResponse, 'status' | 'headers'>, now: number, rules: StatusRules = {}
): Failure | undefined {
  const { limitReason = 'too many requests', limitScope } = rules
  const retryAfter = parseRetryAfter(headers['retry-after'], now)
  const scope = limitScope === undefined ? {} : { scope: limitScope }
  if (status === 429) {
    return { kind: 'rateLimited', reason: limitReason, retryAt: chooseRetryAt(rules.retryAt ?? [retryAfter], now), ...scope }
  }
  if (status === 503 && retryAfter !== undefined && retryAfter > now) {
    return { kind: 'rateLimited', reason: 'not available for a while', retryAt: chooseRetryAt([retryAfter], now), ...scope }
  }
  if (status >= 500 || status === 408 || status === 425) return { kind: 'transient', reason: 'not available now' }
}

/**
 * Classifies a response that is neither the provider's content nor its error envelope. A proxy, a firewall or a captive portal
 * wrote it, so it is no statement about the token or the message. Check the provider's own error envelope first.
 */
export function classifyForeign (response: HttpResponse, now: number, rules?: StatusRules): Failure {
  const failure = classifyStatus(response, now, rules)
  if (failure !== undefined) return failure
  const { status } = response
  if (status >= 400) return { kind: 'transient', reason: 'refused by something in front of the API' }
  if (status < 200 || status >= 300) return { kind: 'transient', reason: 'redirects, which is not followed' }
  return isPage(response)
    ? { kind: 'transient', reason: 'a page responded instead of the API' }
    : { kind: 'malformed', reason: 'response is not what was requested' }
}

/** Whether the body is HTML. A portal may send another content type, so the start of the body counts too. */
export function isPage ({ headers, body }: Pick<HttpResponse, 'headers' | 'body'>): boolean {
  return /^[^;]*html/i.test(headers['content-type'] ?? '') || /^\s*<(!doctype|html|head|body)/i.test(body.subarray(0, 256).toString())
}
