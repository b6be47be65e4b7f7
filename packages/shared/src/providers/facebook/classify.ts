import type { Classification, Failure, HttpResponse } from '@carillon/http'
import { classifyForeign, isObject, parseJson, parseTokenBody } from '@carillon/http'
import { retryAtOf } from './usage.ts'

/** Reads the expected content of a response. Undefined when the response lacks it. */
export type Reader<T> = (json: unknown) => T | undefined

/** The members of the error envelope that Carillon uses. `message` is compared and never repeated. */
export interface GraphError {
  code: number
  subcode: number | undefined
  isTransient: boolean
  message: string
}

/**
 * Classifies a response of the Graph API. `read` extracts the expected content. The status is not sufficient: a rate limit has
 * status 400, and an error may have status 200.
 */
export function classify<T> (response: HttpResponse, now: number, read: Reader<T>): Classification<T> {
  const json = parseJson(response.body)
  const error = errorIn(json)
  return error === undefined ? classifyPlain(response, json, now, read) : classifyError(error, response, now)
}

/**
 * Classifies a response of the token endpoint. There, code 1 is a wrong secret and 101 a wrong app id.
 */
export function classifyToken<T> (response: HttpResponse, now: number, read: Reader<T>): Classification<T> {
  const json = parseTokenBody(response)
  const error = errorIn(json)
  if (error === undefined) return classifyPlain(response, json, now, read)
  const { code } = error
  // Code 1 with a 5xx is an error inside Facebook.
  if ((code === 1 && response.status < 500) || code === 101) return clientRefused(code)
  return classifyError(error, response, now)
}

/** Classifies a response to a request with the app's own token, which no user can renew. */
export function classifyApp<T> (response: HttpResponse, now: number, read: Reader<T>): Classification<T> {
  const { code } = errorIn(parseJson(response.body)) ?? {}
  return code === 190 ? clientRefused(code) : classifyToken(response, now, read)
}

function clientRefused (code: number): Failure {
  return { kind: 'misconfigured', reason: `Facebook does not accept our app; check FACEBOOK_CLIENT_ID and FACEBOOK_CLIENT_SECRET (#${code})` }
}

/** Classifies an error inside a response, such as the error of the inspected token in a response of `debug_token`. */
export function classifyError (
  error: GraphError, { headers, status }: Pick<HttpResponse, 'headers' | 'status'>, now: number
): Failure {
  const { code, subcode, isTransient, message } = error
  const codes = subcode === undefined ? `(#${code})` : `(#${code}/${subcode})`
  const limit = limitOf(code)
  if (limit !== undefined) {
    return { kind: 'rateLimited', reason: `${limit.reason} ${codes}`, retryAt: retryAtOf(headers, now, limit.scope), scope: limit.scope }
  }
  if (code === 190) return { kind: 'unauthorized', reason: `${tokenReasons.get(subcode ?? 0) ?? 'access token is not accepted'} ${codes}` }
  if (code === 102) return { kind: 'unauthorized', reason: `the session is over ${codes}` }
  if (isTooMuch(error)) return { kind: 'rejected', reason: `the query takes too long ${codes}`, isTooMuch: true }
  if (isTransient || code === 2 || status >= 500) return { kind: 'transient', reason: `not available now ${codes}` }
  if (code === 100 && message.includes('appsecret_proof')) return { kind: 'misconfigured', reason: `the proof of our app is not accepted; check FACEBOOK_CLIENT_SECRET ${codes}` }
  const reason = (subcode === undefined ? undefined : reasons.get(`${code}/${subcode}`)) ?? reasons.get(String(code))
  if (reason !== undefined) return { kind: 'rejected', reason: `${reason} ${codes}` }
  if (code === 10 || (code >= 200 && code <= 299)) return { kind: 'rejected', reason: `permission is missing ${codes}` }
  return { kind: 'rejected', reason: `request refused ${codes}` }
}

/** Returns the error envelope of the Graph API, or undefined. A gateway's `{"error":{"code":403}}` contains only its code. */
export function errorIn (json: unknown): GraphError | undefined {
  const error = isObject(json) ? json['error'] : undefined
  if (!isObject(error) || !ownMembers.some((name) => name in error)) return undefined
  return readGraphError(error)
}

const ownMembers = ['type', 'fbtrace_id', 'error_subcode']

/** Reads an error inside a response of the Graph API. */
export function readGraphError (error: unknown): GraphError | undefined {
  if (!isObject(error) || typeof error['code'] !== 'number') return undefined
  // In `debug_token` the member is named `subcode`.
  const subcode = error['error_subcode'] ?? error['subcode']
  return {
    code: error['code'],
    subcode: typeof subcode === 'number' ? subcode : undefined,
    isTransient: error['is_transient'] === true,
    message: typeof error['message'] === 'string' ? error['message'] : ''
  }
}

/** Classifies a response without the Graph API's error envelope. */
function classifyPlain<T> (response: HttpResponse, json: unknown, now: number, read: Reader<T>): Classification<T> {
  const { status, body } = response
  if (status < 200 || status >= 300) return classifyForeign(response, now)
  // The only known text that a response with status 200 contains instead of JSON.
  if (!isObject(json) && body.includes('Service Unavailable')) return { kind: 'transient', reason: 'not available now' }
  const value = read(json)
  return value === undefined ? classifyForeign(response, now) : { kind: 'ok', value }
}

/** Facebook requires a smaller query. For status 500, only the message distinguishes this from an outage. */
function isTooMuch ({ code, subcode, message }: GraphError): boolean {
  return (code === 100 && subcode === 1504018) || (code === 1 && /reduce the amount of data/i.test(message))
}

function limitOf (code: number): { reason: string, scope: 'connection' | 'host' } | undefined {
  if (code === 4 || code === 341) return { reason: 'the app has reached its limit', scope: 'host' }
  if (code === 17) return { reason: 'the user or the ad account has reached its limit', scope: 'connection' }
  if (code === 32) return { reason: 'the page has reached its limit', scope: 'connection' }
  if (code === 613) return { reason: 'the ad account has reached its limit', scope: 'connection' }
  if (code >= 80_000 && code <= 80_014) return { reason: 'a business use case has reached its limit', scope: 'connection' }
}

/** Subcodes of 190. */
const tokenReasons = new Map([
  [458, 'the user has removed the app'],
  [459, 'the user has to log in at Facebook first'],
  [460, 'the user has changed the password'],
  [463, 'access token is expired'],
  [464, 'the user has to confirm the account at Facebook first'],
  [467, 'access token is invalid'],
  [492, 'the user has no role on the page any more'],
  [493, 'access to data has ended, 90 days after it was last allowed']
])

const reasons = new Map([
  ['1', 'unknown error'],
  ['3', 'the app may not do this'],
  ['100', 'a parameter was refused'],
  ['100/33', 'no such object, or it is not to be seen'],
  ['101', 'app id is not accepted'],
  ['368', 'blocked for a breach of policy'],
  ['506', 'posted already']
])
