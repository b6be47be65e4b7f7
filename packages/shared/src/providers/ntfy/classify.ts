import { chooseRetryAt, classifyForeign, classifyStatus, isText, parseJsonObject, parseRetryAfter } from '@carillon/http'
import type { Classification, Failure, HttpResponse, LimitScope } from '@carillon/http'

/** A published message. Servers before 2.16 return no `sequence_id`. */
export interface Published {
  id: string
}

/** Classifies the response to a published message. `hasToken`: the requests count for the user's account, not for our address. */
export function classifyPublished (response: HttpResponse, now: number, hasToken = false): Classification<Published> {
  const failure = classifyError(response, now, hasToken)
  if (failure !== undefined) return failure
  const { id, event } = parseJsonObject(response.body) ?? {}
  return response.status === 200 && event === 'message' && isText(id)
    ? { kind: 'ok', value: { id } }
    : classifyForeign(response, now)
}

/**
 * Classifies the response of `GET /<topic>/auth`, which checks whether the topic may be read. A topic that we may not read may
 * still let us publish, so a 403 says nothing.
 */
export function classifyAuth (response: HttpResponse, now: number, hasToken = false): Classification<true> {
  if (codeOf(response) === 40301) return { kind: 'ok', value: true }
  const failure = classifyError(response, now, hasToken)
  if (failure !== undefined) return failure
  return response.status === 200 && parseJsonObject(response.body)?.success === true
    ? { kind: 'ok', value: true }
    : classifyForeign(response, now)
}

function classifyError (response: HttpResponse, now: number, hasToken: boolean): Failure | undefined {
  const { status, headers } = response
  const code = codeOf(response)
  const scope: LimitScope = hasToken ? 'connection' : 'host'
  // ntfy sends no Retry-After. Something in front of it may.
  const retryAt = parseRetryAfter(headers['retry-after'], now)
  const wait = (seconds: number, reason: string): Failure =>
    ({ kind: 'rateLimited', reason, retryAt: chooseRetryAt([retryAt, now + seconds * 1_000], now), scope })
  if (code === 42908) return { kind: 'quota', reason: 'messages of the day are used up (42908)' }
  if (code === 42905) return { kind: 'quota', reason: 'attachment bandwidth is used up (42905)' }
  if (code === 42909) return wait(1_800, 'too many failed logins (42909)')
  if (code === 42904) return { kind: 'transient', reason: 'the server has too many topics (42904)' }
  if (status === 429) return wait(60, 'too many requests')
  if (status === 507) return { kind: 'transient', reason: 'the topic has no subscriber yet' }
  const failure = classifyStatus(response, now)
  if (failure !== undefined || status < 400) return failure
  if (code === undefined || code === 40401) return classifyForeign(response, now)
  if (code === 40101) return { kind: 'unauthorized', reason: 'access token is not accepted' }
  if (code === 40301) {
    return { kind: 'unauthorized', reason: hasToken ? 'access token may not publish to the topic' : 'topic requires an access token' }
  }
  return { kind: 'rejected', reason: status === 413 ? `message is too large (${code})` : `request refused (${code})` }
}

/** The code of ntfy's own error, whose first three digits are the status. Undefined for the error of a proxy. */
function codeOf ({ status, body }: Pick<HttpResponse, 'status' | 'body'>): number | undefined {
  if (status < 400) return undefined
  const { code, http } = parseJsonObject(body) ?? {}
  const isOwn = typeof code === 'number' && Number.isInteger(code) && http === status && String(code).startsWith(String(status))
  return isOwn ? code : undefined
}
