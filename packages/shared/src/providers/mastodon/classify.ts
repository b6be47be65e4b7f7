import { chooseRetryAt, classifyForeign, classifyStatus, isText, parseEpochSeconds, parseJsonObject, parseRetryAfter } from '@carillon/http'
import type { Classification, Failure, HttpResponse, LimitScope } from '@carillon/http'

export interface ClassifyRules {
  /** The token may be refreshed (Pleroma). */
  canRefresh?: boolean
  /** What the request needs, for a token without it. */
  scope?: string
}

type Fields<Name extends string> = Record<string, unknown> & Record<Name, string>

/** Classifies a response of the API of Mastodon, GoToSocial or Pleroma. `members` are the required texts. */
export function classify<Name extends string> (
  response: HttpResponse, now: number, members: readonly Name[], rules: ClassifyRules = {}
): Classification<Fields<Name>> {
  const { status } = response
  const json = parseJsonObject(response.body)
  if (status === 429) return classifyLimit(response, json?.['error'], now)
  // An overloaded server asks all its clients to wait.
  const failure = classifyStatus(response, now, { limitReason, limitScope: 'host' })
  if (failure !== undefined) return failure
  if (status >= 400) return isText(json?.['error']) ? classifyError(status, json['error'], rules) : classifyForeign(response, now)
  if (status < 200 || status >= 300 || json === undefined) return classifyForeign(response, now)
  const missing = members.find((name) => !isText(json[name]))
  return missing === undefined
    ? { kind: 'ok', value: json as Fields<Name> }
    : { kind: 'malformed', reason: `response lacks ${missing}` }
}

const limitReason = 'too many requests'

/** Mastodon states the end as an ISO 8601 date, other servers as an epoch or not at all. */
function classifyLimit ({ headers }: HttpResponse, error: unknown, now: number): Failure {
  const reset = headers['x-ratelimit-reset'] ?? ''
  const isDate = /^\d{4}-\d\d-\d\dT/.test(reset)
  const retryAt = [isDate ? Date.parse(reset) : parseEpochSeconds(reset), parseRetryAfter(headers['retry-after'], now)]
  // GoToSocial counts the requests of an IP address, which all accounts at the host share.
  const scope: LimitScope = error === 'rate limit reached' ? 'host' : 'connection'
  return { kind: 'rateLimited', reason: limitReason, retryAt: chooseRetryAt(retryAt, now, { absentMs: usualWindowMs }), scope }
}

/** The window of nearly all limits of Mastodon. */
const usualWindowMs = 5 * 60 * 1_000

/**
 * Servers translate some texts, so the status decides where it can. The host belongs to a user, so it can never blame the
 * deployment.
 */
function classifyError (status: number, error: string, { canRefresh = false, scope = 'access' }: ClassifyRules): Failure {
  const isTokenRefused = status === 401 || (status === 403 && error === 'Invalid credentials.')
  if (isTokenRefused && canRefresh) return { kind: 'expired', reason: 'access token is not accepted' }
  if (isTokenRefused) return { kind: 'unauthorized', reason: 'access token is not accepted' }
  if (status === 403 && /outside the authorized scopes|^Insufficient permissions|insufficient scope/i.test(error)) {
    return { kind: 'missingPermission', reason: `access token lacks ${scope}`, missing: [scope] }
  }
  if (status === 403 && /^Your login is/i.test(error)) return { kind: 'unauthorized', reason: 'the account cannot log in at its server now' }
  if (status === 422 && /requires an authenticated user/i.test(error)) return { kind: 'unauthorized', reason: 'access token is not that of a user' }
  if (status === 410) return { kind: 'gone', reason: 'the account no longer exists at its server' }
  // GoToSocial's answer to a request without User-Agent.
  if (status === 418) return { kind: 'transient', reason: 'the server does not accept our User-Agent' }
  if (status === 403) return { kind: 'rejected', reason: 'the account may not do this' }
  if (status === 404) return { kind: 'rejected', reason: 'not found' }
  return { kind: 'rejected', reason: status === 422 || status === 413 ? 'the server does not accept this post' : 'request refused' }
}

/** The length that a server allows for a post, when it refused a longer one. */
export function allowedLength ({ status, body }: HttpResponse): number | undefined {
  const error = status === 422 ? parseJsonObject(body)?.['error'] : undefined
  const [, digits] = typeof error === 'string' ? /character limit of (\d{1,6})/i.exec(error) ?? [] : []
  return digits === undefined ? undefined : Number(digits)
}

/** Mastodon's response to a key whose post was deleted since. */
export function isDeletedSince ({ status, body }: HttpResponse): boolean {
  return status === 404 && parseJsonObject(body)?.['error'] === 'Record not found'
}
