import type { Classification, Failure, HttpResponse, StatusRules } from '@carillon/http'
import { classifyForeign, classifyStatus, isPage, isText, parseJsonObject } from '@carillon/http'

/** Why pump.io's OAuth layer turned a request away. It says so in plain text, with statuses that do not tell them apart. */
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

/** Judges an answer of the JSON API; `members` are the texts the answer is no use without. */
export function classify<Name extends string> (
  answer: HttpResponse, now: number, members: readonly Name[]
): Classification<Fields<Name>> {
  const { status } = answer
  const failure = classifyStatus(answer, now, rules)
  if (failure !== undefined) return failure
  const refusal = refusalOf(answer)
  if (refusal !== undefined) return classifyRefusal(refusal)
  if (status >= 400) return hasError(answer) ? classifyError(status) : classifyForeign(answer, now, rules)
  if (status < 200 || status >= 300) return classifyForeign(answer, now, rules)

  const json = parseJsonObject(answer.body)
  if (json === undefined) return classifyForeign(answer, now, rules)
  // Version 6 speaks ActivityStreams 2 to whom it takes for a client of that; its members mean other things.
  if ('@context' in json && !('objectType' in json) && !('verb' in json)) {
    return { kind: 'malformed', reason: 'answer is ActivityStreams 2' }
  }
  const missing = members.find((name) => !isText(json[name]))
  return missing === undefined
    ? { kind: 'ok', value: json as Fields<Name> }
    : { kind: 'malformed', reason: `answer lacks ${missing}` }
}

/** Judges what the token endpoints answer: a form with a token and its secret, or a refusal in plain text. */
export function classifyToken (
  answer: HttpResponse, now: number
): Classification<{ token: string, secret: string, confirmed: boolean }> {
  const refusal = refusalOf(answer)
  // Nothing is dead yet, and nobody has to reconnect: the authorization that is under way came to nothing.
  if (refusal === 'token') return { kind: 'rejected', reason: 'not authorized at the host, used already, or too late' }
  if (refusal === 'consumer') return { kind: 'rejected', reason: 'the host does not know this client any more' }
  if (refusal === 'request') return { kind: 'rejected', reason: 'request refused' }
  if (refusal !== undefined) return { kind: 'malformed', reason: `the host refuses the request (${refusal})` }
  const { status } = answer
  if (status >= 400 && status < 500 && hasError(answer)) {
    return classifyStatus(answer, now, rules) ?? { kind: 'rejected', reason: 'request refused' }
  }
  if (status < 200 || status >= 300) return classifyForeign(answer, now, rules)

  const form = new URLSearchParams(answer.body.toString())
  const token = form.get('oauth_token') ?? ''
  const secret = form.get('oauth_token_secret') ?? ''
  if (!isSecretText(token) || !isSecretText(secret)) {
    return isPage(answer) ? classifyForeign(answer, now, rules) : { kind: 'malformed', reason: 'answer lacks a usable token' }
  }
  return { kind: 'ok', value: { token, secret, confirmed: form.get('oauth_callback_confirmed') === 'true' } }
}

/** Visible ASCII of a bounded length: what a token, a secret or a verifier is made of. */
export function isSecretText (value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,1024}$/.test(value)
}

type Fields<Name extends string> = Record<string, unknown> & Record<Name, string>

function classifyRefusal (refusal: Refusal): Failure {
  if (refusal === 'token') return { kind: 'unauthorized', reason: 'token is not accepted' }
  // Tokens belong to the client they were made for: when the host has lost it, a new client does not revive them.
  if (refusal === 'consumer' || refusal === 'nonce') return { kind: 'unauthorized', reason: 'the host does not know the client of this token' }
  if (refusal === 'signature') return { kind: 'unauthorized', reason: 'signature is not accepted' }
  if (refusal === 'request') return { kind: 'rejected', reason: 'request refused' }
  return { kind: 'malformed', reason: 'authorization did not reach the host' }
}

/** Classifies the JSON errors of pump.io's API. */
function classifyError (status: number): Failure {
  if (status === 401) return { kind: 'unauthorized', reason: 'token is not that of this account' }
  // An unconfirmed e-mail address, say, which a new token would not change.
  if (status === 403) return { kind: 'rejected', reason: 'account may not do this' }
  if (status === 404 || status === 410) return { kind: 'rejected', reason: status === 404 ? 'not found' : 'deleted' }
  return { kind: 'rejected', reason: 'request refused' }
}

/** Whether the body is pump.io's error, `{"error":"…"}`. What stands in front of it answers with pages, text or nothing. */
export function hasError ({ body }: Pick<HttpResponse, 'body'>): boolean {
  return isText(parseJsonObject(body)?.['error'])
}

/** pump.io itself knows no limits; what stands in front of it may. */
const rules: StatusRules = { limitReason: 'too many requests for this host', limitScope: 'host' }
