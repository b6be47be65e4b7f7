import type { Classification, Failure, HttpResponse } from '@carillon/http'
import type { BlotreToken, Reader } from './objects.ts'
import { readToken } from './objects.ts'
import { classifyForeign, classifyStatus, isObject, parseJson, parseTokenBody, tokenErrorOf } from '@carillon/http'

/** Classifies a response of the REST API. `read` extracts the expected content. */
export function classify<T> (response: HttpResponse, now: number, read: Reader<T>): Classification<T> {
  const failure = classifyStatus(response, now)
  if (failure !== undefined) return failure
  if (response.status >= 400) return classifyRefusal(response, now)
  return classifyContent(response, now, response.body.length === 0 ? null : parseJson(response.body), read)
}

/**
 * Classifies a response of the token endpoint, whose errors always have status 400. `invalid_client` means that the user is
 * deleted or the secret is wrong. Only the secret of a disposable client (`own`) belongs to one connection. With a `shared`
 * client, an error in the configuration must not make every user reconnect.
 */
export function classifyToken (response: HttpResponse, now: number, client: 'own' | 'shared'): Classification<BlotreToken> {
  const failure = classifyStatus(response, now)
  if (failure !== undefined) return failure
  const { status } = response
  if (status >= 200 && status < 300) {
    const value = readToken(parseTokenBody(response))
    return value === undefined ? classifyForeign(response, now) : { kind: 'ok', value }
  }
  const error = status >= 400 ? tokenErrorOf(response) : undefined
  if (error === undefined) return classifyForeign(response, now)
  if (error === 'invalid_grant') return { kind: 'unauthorized', reason: 'grant is not accepted (invalid_grant)' }
  if (error === 'invalid_client') {
    const reason = 'client is not accepted, or the user is gone (invalid_client)'
    return { kind: client === 'own' ? 'unauthorized' : 'transient', reason }
  }
  return { kind: 'rejected', reason: 'token endpoint refused the request' }
}

/** The REST API's `{"type":"Error","error":"…","details":…}`. The members are empty if the body lacks them. */
export function errorOf (json: unknown): { error: string, details: Record<string, unknown> | null } {
  if (!isObject(json)) return { error: '', details: null }
  return { error: typeof json.error === 'string' ? json.error : '', details: isObject(json.details) ? json.details : null }
}

function classifyRefusal (response: HttpResponse, now: number): Failure {
  const { status, headers } = response
  const json = parseJson(response.body)
  // Blot're's API returns its errors as JSON. Other bodies come from an intermediary, or from the Play framework.
  if (!isObject(json) || json.type !== 'Error' || typeof json.error !== 'string') return classifyForeign(response, now)
  const { error, details } = errorOf(json)
  if (status === 401 && headers['www-authenticate']?.includes('error="invalid_token"') === true) {
    return { kind: 'expired', reason: 'access token is expired' }
  }
  const text = texts.find((known) => known === error)?.slice(0, -1)
  // The status is 401 for a user who is not the owner too, although the token is valid.
  if (status === 401 && error.startsWith('User does not have permission')) {
    return { kind: 'rejected', reason: text ?? 'user does not have permission' }
  }
  if (status === 401) return { kind: 'unauthorized', reason: 'access token is not accepted' }
  if (text !== undefined && full.has(error)) return { kind: 'quota', reason: text }
  return { kind: 'rejected', reason: text ?? byFields(details) ?? reasons[status] ?? 'request refused' }
}

function classifyContent<T> (response: HttpResponse, now: number, json: unknown, read: Reader<T>): Classification<T> {
  const { status } = response
  // Blot're's only successful statuses are 200 and 201. Others come from an intermediary.
  if (status >= 200 && status < 300 && status !== 200 && status !== 201) return { kind: 'malformed', reason: 'unexpected success' }
  const value = status < 200 || status >= 300 ? undefined : read(json)
  return value === undefined ? classifyForeign(response, now) : { kind: 'ok', value }
}

/** Known error texts of Blot're. Our messages repeat only these. */
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

/** The keys of details are paths in the request, such as `obj.color` or `obj[0].tag`. */
function byFields (details: Record<string, unknown> | null): string | undefined {
  const paths = Object.keys(details ?? {})
  const field = ['color', 'tag', 'name', 'uri', 'blurb'].find((name) => paths.some((path) => path.endsWith(`.${name}`)))
  return field === undefined ? undefined : `parameter ${field} refused`
}
