import type { Classification } from '../send-request.ts'
import { classifyForeign, isObject, parseJson } from '../../http/index.ts'
import { retryAtOf } from './usage.ts'
import type { HttpResponse, Failure } from '../../http/index.ts'
import { parseTokenBody } from '../oauth2/token-response.ts'

/** Reads what an answer is asked for; undefined when that is not in it. */
export type Reader<T> = (json: unknown) => T | undefined

/** The envelope's members that we act on. Its message is compared, and never repeated. */
export interface GraphError {
  code: number
  subcode: number | undefined
  isTransient: boolean
  message: string
}

/**
 * Judges an answer of the Graph API; `read` says what makes it any use. Statuses tell little: a limit is a 400, and an error
 * may come with 200.
 */
export function classify<T> (answer: HttpResponse, now: number, read: Reader<T>): Classification<T> {
  const json = parseJson(answer.body)
  const error = errorIn(json)
  return error === undefined ? classifyPlain(answer, json, now, read) : classifyError(error, answer, now)
}

/**
 * The same for the token endpoint. There, code 1 is a wrong secret and 101 a wrong app id: a mistake in our configuration,
 * which must make nobody connect again.
 */
export function classifyToken<T> (answer: HttpResponse, now: number, read: Reader<T>): Classification<T> {
  const json = parseTokenBody(answer)
  const error = errorIn(json)
  if (error === undefined) return classifyPlain(answer, json, now, read)
  const { code } = error
  if (code === 1 || code === 101) return { kind: 'transient', reason: `our client is not accepted (#${code})` }
  return classifyError(error, answer, now)
}

/** The same for what the app asks in its own name, with a token made of its secret: that one is nobody's to get anew. */
export function classifyApp<T> (answer: HttpResponse, now: number, read: Reader<T>): Classification<T> {
  const { code } = errorIn(parseJson(answer.body)) ?? {}
  return code === 190 ? { kind: 'transient', reason: `our client is not accepted (#${code})` } : classifyToken(answer, now, read)
}

/** Judges an error that came inside an answer, as `debug_token` has them of the token it was asked about. */
export function classifyError (
  error: GraphError, { headers, status }: Pick<HttpResponse, 'headers' | 'status'>, now: number
): Failure {
  const { code, subcode, isTransient, message } = error
  const told = subcode === undefined ? `(#${code})` : `(#${code}/${subcode})`
  const limit = limitOf(code)
  if (limit !== undefined) {
    return { kind: 'rateLimited', reason: `${limit.reason} ${told}`, retryAt: retryAtOf(headers, now, limit.scope), scope: limit.scope }
  }
  if (code === 190) return { kind: 'unauthorized', reason: `${tokenReasons.get(subcode ?? 0) ?? 'access token is not accepted'} ${told}` }
  if (code === 102) return { kind: 'unauthorized', reason: `the session is over ${told}` }
  if (isTooMuch(error)) return { kind: 'rejected', reason: `the query takes too long ${told}`, isTooMuch: true }
  if (isTransient || code === 2 || status >= 500) return { kind: 'transient', reason: `cannot answer now ${told}` }
  if (code === 100 && message.includes('appsecret_proof')) return { kind: 'rejected', reason: `appsecret_proof is missing or wrong ${told}` }
  const reason = (subcode === undefined ? undefined : reasons.get(`${code}/${subcode}`)) ?? reasons.get(String(code))
  if (reason !== undefined) return { kind: 'rejected', reason: `${reason} ${told}` }
  if (code === 10 || (code >= 200 && code <= 299)) return { kind: 'rejected', reason: `permission is missing ${told}` }
  return { kind: 'rejected', reason: `request refused ${told}` }
}

/** Undefined for what has no error envelope of Graph's. A gateway's `{"error":{"code":403}}` has no more than its code. */
export function errorIn (json: unknown): GraphError | undefined {
  const error = isObject(json) ? json['error'] : undefined
  if (!isObject(error) || !ownMembers.some((name) => name in error)) return undefined
  return readGraphError(error)
}

const ownMembers = ['type', 'fbtrace_id', 'error_subcode']

/** Reads an error that stands inside an answer of Graph's. */
export function readGraphError (error: unknown): GraphError | undefined {
  if (!isObject(error) || typeof error['code'] !== 'number') return undefined
  // debug_token leaves out `error_` in the name.
  const subcode = error['error_subcode'] ?? error['subcode']
  return {
    code: error['code'],
    subcode: typeof subcode === 'number' ? subcode : undefined,
    isTransient: error['is_transient'] === true,
    message: typeof error['message'] === 'string' ? error['message'] : ''
  }
}

/** Classifies an answer without Graph's error envelope. */
function classifyPlain<T> (answer: HttpResponse, json: unknown, now: number, read: Reader<T>): Classification<T> {
  const { status, body } = answer
  if (status < 200 || status >= 300) return classifyForeign(answer, now)
  // The one text that a 200 is known to carry in place of JSON.
  if (!isObject(json) && body.includes('Service Unavailable')) return { kind: 'transient', reason: 'cannot answer now' }
  const value = read(json)
  return value === undefined ? classifyForeign(answer, now) : { kind: 'ok', value }
}

/** Facebook asks for a smaller query. Only its message tells one form of this, a 500, from an outage. */
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
