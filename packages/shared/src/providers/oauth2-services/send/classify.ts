import { chooseRetryAt, classifyForeign, classifyStatus, isPage, parseEpochSeconds, parseJson, parseRetryAfter } from '@carillon/http'
import type { Classification, Failure, HttpResponse, LimitScope } from '@carillon/http'
import { readTextAt } from '../json-pointer.ts'

/** The kinds that a rule may choose. `sent` is a success, for example for a message that the service already has. */
export const ruleKinds = [
  'sent', 'transient', 'rateLimited', 'expired', 'unauthorized', 'missingPermission', 'gone', 'rejected', 'quota', 'misconfigured'
] as const

/** The meaning of some responses, where the default table does not fit. The first rule that matches decides. */
export interface ClassifyRule {
  /** `404`, or a class such as `4xx`. Any status when empty. */
  statuses: readonly string[]
  /** The text at the pointer must exist and match. */
  pointer?: string | undefined
  matches?: RegExp | undefined
  kind: typeof ruleKinds[number]
  reason?: string | undefined
  until?: Until | undefined
  scope?: LimitScope | undefined
}

/** Where a response states the end of a limit. */
export interface Until {
  header?: string | undefined
  pointer?: string | undefined
  format: 'seconds' | 'epochSeconds' | 'date'
}

export interface ResponseRules {
  rules: readonly ClassifyRule[]
  /** How the service's own errors are recognized. Without it, every refusal that is not a page is the service's own. */
  errors?: { pointer: string, matches?: RegExp | undefined } | undefined
  /** The successful statuses. All of 2xx when empty. */
  statuses?: readonly string[]
  /** Where a success has its id. Without it, the status alone is a success. */
  pointer?: string | undefined
}

/** Classifies a response of the service. The value of a success is the text at its pointer. Pure. */
export function classify (
  response: HttpResponse, now: number, { rules, errors, statuses = ['2xx'], pointer }: ResponseRules
): Classification<string | undefined> {
  const { status } = response
  const json = parseJson(response.body.toString())
  const isOwn = !isPage(response) && (status < 400 || errors === undefined || matchesText(json, errors))
  // A rule with a pointer recognizes the service by itself.
  const rule = isPage(response)
    ? undefined
    : rules.find((each) => (isOwn || each.pointer !== undefined) && matchesRule(each, status, json))
  if (rule !== undefined) return rule.kind === 'sent' ? { kind: 'ok', value: pointer && readTextAt(json, pointer) } : toFailure(rule, response, json, now)
  const failure = classifyStatus(response, now)
  if (failure !== undefined) return failure
  if (status >= 400 && isOwn) return classifyRefusal(response)
  if (status >= 400 || isPage(response) || !matchesStatus(statuses, status)) return classifyForeign(response, now)
  if (pointer === undefined) return { kind: 'ok', value: undefined }
  const value = readTextAt(json, pointer)
  return value === undefined ? { kind: 'malformed', reason: `response lacks ${pointer}` } : { kind: 'ok', value }
}

/**
 * The default table. Many services do not say that a token has expired, so every 401 leads to a refresh, which tells whether the
 * credentials still work. RFC 6750 §3.1 names the scopes that a token lacks.
 */
function classifyRefusal ({ status, headers }: HttpResponse): Failure {
  const challenge = headers['www-authenticate'] ?? ''
  if (status === 401) return { kind: 'expired', reason: 'access token is not accepted' }
  if (status === 402) return { kind: 'quota', reason: 'the account has used up its quota' }
  if (status === 404 || status === 410) return { kind: 'gone', reason: 'the address no longer exists' }
  if (status !== 403) return { kind: 'rejected', reason: 'request refused' }
  const scopes = /\bscope="([^"]*)"/.exec(challenge)?.[1]?.split(' ').filter((scope) => scope !== '') ?? []
  return { kind: 'missingPermission', reason: 'access token lacks permission', missing: scopes.filter((scope) => /^[\x21\x23-\x7e]{1,100}$/.test(scope)) }
}

function matchesRule ({ statuses, pointer, matches }: ClassifyRule, status: number, json: unknown): boolean {
  if (statuses.length > 0 && !matchesStatus(statuses, status)) return false
  return pointer === undefined || matchesText(json, { pointer, matches })
}

function matchesStatus (statuses: readonly string[], status: number): boolean {
  return statuses.some((each) => each === String(status) || (each.endsWith('xx') && each.startsWith(String(status).charAt(0))))
}

function matchesText (json: unknown, { pointer, matches }: { pointer: string, matches?: RegExp | undefined }): boolean {
  const text = readTextAt(json, pointer)
  return text !== undefined && (matches === undefined || matches.test(text.slice(0, maxMatchedLength)))
}

/** A longer text would let the service make an operator's pattern slow. */
const maxMatchedLength = 1_000

function toFailure ({ kind, reason = `${kind} by a rule`, until, scope }: ClassifyRule, response: HttpResponse, json: unknown, now: number): Failure {
  if (kind === 'missingPermission') return { kind, reason, missing: [] }
  if (kind !== 'rateLimited') return { kind: kind === 'sent' ? 'malformed' : kind, reason }
  const named = until === undefined ? undefined : readUntil(until, response, json, now)
  const retryAt = chooseRetryAt([named, parseRetryAfter(response.headers['retry-after'], now)], now)
  return { kind, reason, retryAt, ...scope !== undefined && { scope } }
}

function readUntil (
  { header, pointer, format }: Until, { headers }: HttpResponse, json: unknown, now: number
): number | undefined {
  const text = header === undefined ? readTextAt(json, pointer ?? '') : headers[header.toLowerCase()]
  if (format === 'date') return text === undefined ? undefined : Date.parse(text)
  const ms = parseEpochSeconds(text)
  return format === 'seconds' && ms !== undefined ? now + ms : ms
}
