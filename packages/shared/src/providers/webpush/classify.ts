import {
  chooseRetryAt, classifyForeign, classifyStatus, isPage, isText, parseJsonObject, parseRetryAfter, ProviderError
} from '@carillon/http'
import type { Classification, Failure, HttpResponse } from '@carillon/http'

const expired: Failure = { kind: 'gone', reason: 'the browser no longer accepts notifications' }
const otherKey: Failure = { kind: 'gone', reason: 'the browser subscribed with another VAPID key' }
const refusedKey: Failure = {
  kind: 'misconfigured',
  reason: 'the push service refuses our VAPID signature: check WEBPUSH_KEYS, WEBPUSH_CONTACT and the clock of this server',
  // Apple refuses contacts that the others accept.
  scope: 'host'
}
const tooLarge: Failure = { kind: 'rejected', reason: 'message is too large for the push service', isTooMuch: true }

/** Without Retry-After, a push service may be asked again after a minute. */
const defaultWait = { absentMs: 60_000 }

/**
 * Classifies the response of a push service. Only an error in the format of a push service says something about the subscription
 * or our key: Mozilla sends `errno`, Apple `reason`, Google a sentence, and Microsoft headers.
 */
export function classify (response: HttpResponse, now: number): Classification<true> {
  const { status, headers } = response
  const retryAfter = parseRetryAfter(headers['retry-after'], now)
  // Microsoft sends 406 for too many requests.
  if (status === 429 || (status === 406 && !isPage(response))) {
    return { kind: 'rateLimited', reason: 'too many requests', retryAt: chooseRetryAt([retryAfter], now, defaultWait), scope: 'host' }
  }
  const failure = classifyStatus(response, now, { limitScope: 'host' })
  if (failure !== undefined) return failure
  if (status >= 200 && status < 300) return isAccepted(response) ? { kind: 'ok', value: true } : classifyForeign(response, now)
  const refusal = status >= 400 ? isPage(response) ? fromGooglePage(response) : classifyRefusal(response) : undefined
  return refusal ?? classifyForeign(response, now)
}

/** Whether the push service says that the browser subscribed with another VAPID key. */
export function isOtherKey (error: unknown): boolean {
  return error instanceof ProviderError && error.failure.kind === 'gone' && error.failure.reason === otherKey.reason
}

/** Whether the push service refuses our VAPID signature. */
export function isRefusedKey (error: unknown): error is ProviderError {
  return error instanceof ProviderError && error.failure.kind === 'misconfigured'
}

/** RFC 8030 §5 asks for 201 and a Location. Other services return 202, or 200 with the message. */
function isAccepted (response: HttpResponse): boolean {
  if (isPage(response)) return false
  const { status, headers, body } = response
  return status === 201 || status === 202 || headers['location'] !== undefined || isText(parseJsonObject(body)?.id)
}

function classifyRefusal (response: HttpResponse): Failure | undefined {
  const { status } = response
  // No proxy removes an address for good.
  if (status === 410) return expired
  if (status === 413) return tooLarge
  return fromMozilla(response) ?? fromApple(response) ?? fromMicrosoft(response) ?? fromGoogle(response) ??
    (status === 404 && response.body.length === 0 ? expired : undefined)
}

/** docs/src/errors.md of autopush-rs. */
function fromMozilla ({ body }: HttpResponse): Failure | undefined {
  const { errno, message } = parseJsonObject(body) ?? {}
  if (typeof errno !== 'number') return undefined
  if ([102, 103, 105, 106].includes(errno)) return expired
  if (errno === 104) return tooLarge
  if (errno === 109) return isText(message) && /key mismatch/i.test(message) ? otherKey : refusedKey
  return { kind: 'rejected', reason: `push service refuses the request (errno ${errno})` }
}

function fromApple ({ status, body }: HttpResponse): Failure | undefined {
  const { reason } = parseJsonObject(body) ?? {}
  if (!isText(reason) || !/^[A-Z][A-Za-z]{2,60}$/.test(reason)) return undefined
  if (reason === 'PayloadTooLarge') return tooLarge
  if (reason === 'VapidPkHashMismatch') return otherKey
  if (status === 404 || ['BadDeviceToken', 'ExpiredToken', 'Unregistered'].includes(reason)) return expired
  if (status === 401 || status === 403 || /Jwt|Vapid|Authorization/.test(reason)) return refusedKey
  return { kind: 'rejected', reason: `push service refuses the request (${reason})` }
}

function fromMicrosoft ({ status, headers }: HttpResponse): Failure | undefined {
  if (!Object.keys(headers).some((name) => name.startsWith('x-wns-'))) return undefined
  if (status === 404) return expired
  // Who sends is known, and may not send to this browser.
  if (status === 403) return otherKey
  return status === 401 ? refusedKey : { kind: 'rejected', reason: 'push service refuses the request' }
}

/** The older errors of Google are pages with a code as their title. */
function fromGooglePage ({ status, body }: HttpResponse): Failure | undefined {
  const isOtherKey = status === 400 && /<title>UnauthorizedRegistration<\/title>/i.test(body.subarray(0, 1_024).toString())
  return isOtherKey ? otherKey : undefined
}

/** Sentences in plain text. A proxy's sentence contains none of these. */
function fromGoogle ({ status, body }: HttpResponse): Failure | undefined {
  const text = body.subarray(0, 1_024).toString()
  if (status === 404) return /push subscription|unsubscribed|NotRegistered/i.test(text) ? expired : undefined
  if (/UnauthorizedRegistration|not correspond|MismatchSenderId/i.test(text)) return otherKey
  if (status === 401 || status === 403) return /VAPID|JWT|crypto-key|authorization header/i.test(text) ? refusedKey : undefined
  return undefined
}
