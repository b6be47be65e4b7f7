import type { Classification, Failure, HttpResponse, StatusRules } from '@carillon/http'
import { classifyForeign, classifyStatus, isPage, isText, parseJsonObject } from '@carillon/http'

/** The reason of a refusal by pump.io's OAuth layer. Its plain text distinguishes the reasons, but its status does not. */
export type Refusal = 'token' | 'consumer' | 'nonce' | 'signature' | 'parameter' | 'request'

const refusals = new Map<string, Refusal>([
  ['invalid / expired token', 'token'],
  ['invalid consumer key', 'consumer'],
  ['invalid / used nonce', 'nonce'],
  ['invalid signature', 'signature'],
  ['missing required parameter', 'parameter'],
  ['invalid signature method', 'request'],
  ['internal error', 'request']
])

export function refusalOf ({ status, body }: Pick<HttpResponse, 'status' | 'body'>): Refusal | undefined {
  if ((status !== 400 && status !== 401) || body.length > 64) return undefined
  return refusals.get(body.toString().trim().toLowerCase())
}

/** Classifies a response of the JSON API. `members` are the required texts. */
export function classify<Name extends string> (
  response: HttpResponse, now: number, members: readonly Name[]
): Classification<Fields<Name>> {
  const { status } = response
  const failure = classifyStatus(response, now, rules)
  if (failure !== undefined) return failure
  const refusal = refusalOf(response)
  if (refusal !== undefined) return classifyRefusal(refusal)
  if (status >= 400) return hasError(response) ? classifyError(status) : classifyForeign(response, now, rules)
  if (status < 200 || status >= 300) return classifyForeign(response, now, rules)

  const json = parseJsonObject(response.body)
  if (json === undefined) return classifyForeign(response, now, rules)
  // Version 6 returns ActivityStreams 2 to some clients. Its members have other meanings.
  if ('@context' in json && !('objectType' in json) && !('verb' in json)) {
    return { kind: 'malformed', reason: 'response is ActivityStreams 2' }
  }
  const missing = members.find((name) => !isText(json[name]))
  return missing === undefined
    ? { kind: 'ok', value: json as Fields<Name> }
    : { kind: 'malformed', reason: `response lacks ${missing}` }
}

/** Classifies a response of the token endpoints: a form with a token and its secret, or a refusal in plain text. */
export function classifyToken (
  response: HttpResponse, now: number
): Classification<{ token: string, secret: string, confirmed: boolean }> {
  const refusal = refusalOf(response)
  // Only this authorization has failed. No connection is affected, and no user must reconnect.
  if (refusal === 'token') return { kind: 'rejected', reason: 'not authorized at the host, used already, or too late' }
  if (refusal === 'consumer') return { kind: 'rejected', reason: 'the host does not know this client any more' }
  if (refusal === 'request') return { kind: 'rejected', reason: 'request refused' }
  if (refusal !== undefined) return { kind: 'malformed', reason: `the host refuses the request (${refusal})` }
  const { status } = response
  if (status >= 400 && status < 500 && hasError(response)) {
    return classifyStatus(response, now, rules) ?? { kind: 'rejected', reason: 'request refused' }
  }
  if (status < 200 || status >= 300) return classifyForeign(response, now, rules)

  const form = new URLSearchParams(response.body.toString())
  const token = form.get('oauth_token') ?? ''
  const secret = form.get('oauth_token_secret') ?? ''
  if (!isSecretText(token) || !isSecretText(secret)) {
    return isPage(response) ? classifyForeign(response, now, rules) : { kind: 'malformed', reason: 'response lacks a usable token' }
  }
  return { kind: 'ok', value: { token, secret, confirmed: form.get('oauth_callback_confirmed') === 'true' } }
}

/** The characters of tokens, secrets and verifiers: visible ASCII of limited length. */
export function isSecretText (value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,1024}$/.test(value)
}

type Fields<Name extends string> = Record<string, unknown> & Record<Name, string>

function classifyRefusal (refusal: Refusal): Failure {
  if (refusal === 'token') return { kind: 'unauthorized', reason: 'token is not accepted' }
  // A token belongs to its client. If the host has lost the client, a new one does not make the token valid.
  if (refusal === 'consumer' || refusal === 'nonce') return { kind: 'unauthorized', reason: 'the host does not know the client of this token' }
  if (refusal === 'signature') return { kind: 'unauthorized', reason: 'signature is not accepted' }
  if (refusal === 'request') return { kind: 'rejected', reason: 'request refused' }
  return { kind: 'malformed', reason: 'authorization did not reach the host' }
}

/** Classifies the JSON errors of pump.io's API. */
function classifyError (status: number): Failure {
  if (status === 401) return { kind: 'unauthorized', reason: 'token is not that of this account' }
  // For example an unconfirmed e-mail address, which a new token would not change.
  if (status === 403) return { kind: 'rejected', reason: 'account may not do this' }
  if (status === 404 || status === 410) return { kind: 'rejected', reason: status === 404 ? 'not found' : 'deleted' }
  return { kind: 'rejected', reason: 'request refused' }
}

/** Whether the body is pump.io's error, `{"error":"…"}`. Intermediaries send pages, text or nothing. */
export function hasError ({ body }: Pick<HttpResponse, 'body'>): boolean {
  return isText(parseJsonObject(body)?.['error'])
}

/** pump.io itself has no rate limits, but an intermediary may. */
const rules: StatusRules = { limitReason: 'too many requests for this host', limitScope: 'host' }
