import type { Failure } from './failure.ts'
import type { HttpResponse } from './messages.ts'
import { chooseRetryAt, parseRetryAfter } from './retry-after.ts'

/** What differs between providers where a status alone says what to do next. */
export interface StatusRules {
  /** The provider's own times for a 429, in the order of trust. Default: `Retry-After`. */
  retryAt?: Array<number | undefined>
  limitReason?: string
  limitScope?: 'connection' | 'host'
}

/**
 * Classifies a status that means the same from every sender: a limit, a server that cannot answer. A 503 that names a time is a
 * limit. Undefined for every other status, where the body decides.
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
  if (status >= 500 || status === 408 || status === 425) return { kind: 'transient', reason: 'cannot answer now' }
}

/**
 * Classifies a response that is neither the provider's content nor its error envelope. A proxy, a firewall or a captive portal
 * wrote it, so it says nothing about the token or the message. Check the provider's own error envelope first.
 */
export function classifyForeign (answer: HttpResponse, now: number, rules?: StatusRules): Failure {
  const failure = classifyStatus(answer, now, rules)
  if (failure !== undefined) return failure
  const { status } = answer
  if (status >= 400) return { kind: 'transient', reason: 'refused by something in front of the API' }
  if (status < 200 || status >= 300) return { kind: 'transient', reason: 'redirects, which is not followed' }
  return isPage(answer)
    ? { kind: 'transient', reason: 'answered by a page instead of the API' }
    : { kind: 'malformed', reason: 'answer is not what was asked for' }
}

/** Whether the body is HTML. A portal may call it something else, so the first character counts too. */
export function isPage ({ headers, body }: Pick<HttpResponse, 'headers' | 'body'>): boolean {
  return /^[^;]*html/i.test(headers['content-type'] ?? '') || /^\s*<(!doctype|html|head|body)/i.test(body.subarray(0, 256).toString())
}
