import type { Classification, Failure, HttpResponse } from '@carillon/http'
import type { BlotreToken, Reader } from './objects.ts'
import { readToken } from './objects.ts'
import { classifyForeign, classifyStatus, isObject, parseJson, parseTokenBody, tokenErrorOf } from '@carillon/http'

/** Judges an answer of the REST API; `read` says what makes it any use. */
export function classify<T> (answer: HttpResponse, now: number, read: Reader<T>): Classification<T> {
  const failure = classifyStatus(answer, now)
  if (failure !== undefined) return failure
  if (answer.status >= 400) return classifyRefusal(answer, now)
  return classifyContent(answer, now, answer.body.length === 0 ? null : parseJson(answer.body), read)
}

/**
 * Judges an answer of the token endpoint, whose errors are always 400. `invalid_client` means that the user is gone, or
 * that the secret is wrong. Only a disposable client's own secret went bad together with its one connection; where all
 * connections share the client (`shared`), a mistake in the configuration must not make every user connect again.
 */
export function classifyToken (answer: HttpResponse, now: number, client: 'own' | 'shared'): Classification<BlotreToken> {
  const failure = classifyStatus(answer, now)
  if (failure !== undefined) return failure
  const { status } = answer
  if (status >= 200 && status < 300) {
    const value = readToken(parseTokenBody(answer))
    return value === undefined ? classifyForeign(answer, now) : { kind: 'ok', value }
  }
  const error = status >= 400 ? tokenErrorOf(answer) : undefined
  if (error === undefined) return classifyForeign(answer, now)
  if (error === 'invalid_grant') return { kind: 'unauthorized', reason: 'grant is not accepted (invalid_grant)' }
  if (error === 'invalid_client') {
    const reason = 'client is not accepted, or the user is gone (invalid_client)'
    return { kind: client === 'own' ? 'unauthorized' : 'transient', reason }
  }
  return { kind: 'rejected', reason: 'token endpoint refused the request' }
}

/** The REST API's `{"type":"Error","error":"…","details":…}`. Empty where a body has none. */
export function errorOf (json: unknown): { error: string, details: Record<string, unknown> | null } {
  if (!isObject(json)) return { error: '', details: null }
  return { error: typeof json.error === 'string' ? json.error : '', details: isObject(json.details) ? json.details : null }
}

function classifyRefusal (answer: HttpResponse, now: number): Failure {
  const { status, headers } = answer
  const json = parseJson(answer.body)
  // Blot're answers its API's errors in JSON. Anything else is an intermediary's, or a page of Play's own.
  if (!isObject(json) || json.type !== 'Error' || typeof json.error !== 'string') return classifyForeign(answer, now)
  const { error, details } = errorOf(json)
  if (status === 401 && headers['www-authenticate']?.includes('error="invalid_token"') === true) {
    return { kind: 'expired', reason: 'access token is expired' }
  }
  const text = texts.find((known) => known === error)?.slice(0, -1)
  // Not the owner is a 401 too, with a token that is all right.
  if (status === 401 && error.startsWith('User does not have permission')) {
    return { kind: 'rejected', reason: text ?? 'user does not have permission' }
  }
  if (status === 401) return { kind: 'unauthorized', reason: 'access token is not accepted' }
  if (text !== undefined && full.has(error)) return { kind: 'quota', reason: text }
  return { kind: 'rejected', reason: text ?? byFields(details) ?? reasons[status] ?? 'request refused' }
}

function classifyContent<T> (answer: HttpResponse, now: number, json: unknown, read: Reader<T>): Classification<T> {
  const { status } = answer
  // 200 and 201 are all the successes that Blot're knows; any other is an intermediary's.
  if (status >= 200 && status < 300 && status !== 200 && status !== 201) return { kind: 'malformed', reason: 'unexpected success' }
  const value = status < 200 || status >= 300 ? undefined : read(json)
  return value === undefined ? classifyForeign(answer, now) : { kind: 'ok', value }
}

/** What Blot're is known to say. Only these are repeated; any other text stays out of our messages. */
const texts = [
  'User does not have permission to add child.',
  'User does not have permission to edit stream.',
  'User does not have permission to delete stream.',
  'User does not have permission to add tags.',
  'Stream does not exist.',
  'Parent stream does not exist.',
  'Child stream does not exist.',
  'Tag does not exist.',
  'Tag is not valid.',
  'No such token.',
  'Stream name and uri do not match.',
  'Stream name is invalid.',
  'Too many children.',
  'Too many streams for user.',
  'Too many tags.',
  'Duplicate tags not allowed.',
  'Cannot delete root streams.',
  "I'm my own grandpa.",
  'Cannot remove hierarchical child.'
]

const full = new Set(['Too many children.', 'Too many streams for user.'])

const reasons: Record<number, string> = { 400: 'request could not be processed', 404: 'resource not found', 422: 'request not acceptable' }

/** Details are keyed by a path in what we sent, such as `obj.color` or `obj[0].tag`. */
function byFields (details: Record<string, unknown> | null): string | undefined {
  const paths = Object.keys(details ?? {})
  const field = ['color', 'tag', 'name', 'uri', 'blurb'].find((name) => paths.some((path) => path.endsWith(`.${name}`)))
  return field === undefined ? undefined : `parameter ${field} refused`
}
