import { chooseRetryAt, classifyForeign, classifyStatus, isText, parseJsonObject, parseRetryAfter } from '@carillon/http'
import type { Classification, Failure, HttpResponse, LimitScope } from '@carillon/http'
import { failureOf, isCode, permissionCodes } from './errors.ts'

type Json = Record<string, unknown>

/** Returns the required content, or undefined when the response lacks it. */
export type Read<T> = (json: Json) => T | undefined

/**
 * Classifies a response of the Web API, whose errors have status 200. `scope` is what must wait for a rate limit: Slack counts
 * messages by channel, and all other requests by workspace.
 */
export function classify<T> (response: HttpResponse, now: number, read: Read<T>, scope: LimitScope = 'host'): Classification<T> {
  const rules = { limitReason: 'too many requests', limitScope: scope }
  const json = response.status === 200 ? parseJsonObject(response.body) : undefined
  if (json === undefined) return classifyForeign(response, now, rules)
  const code = codeOf(json)
  if (code !== undefined) return classifyCode(code, json, response, now, scope)
  const value = json['ok'] === true ? read(json) : undefined
  return value === undefined ? classifyForeign(response, now, rules) : { kind: 'ok', value }
}

/** Parses permissions, which Slack separates by commas. */
export function readScopes (text: unknown): string[] {
  return isText(text) ? text.split(',').map((name) => name.trim()).filter((name) => /^[a-z][a-z0-9_.:-]{0,63}$/.test(name)) : []
}

/** The code of a refusal. Undefined for every other response. */
export function refusalOf ({ status, body }: Pick<HttpResponse, 'status' | 'body'>): string | undefined {
  const json = status === 200 ? parseJsonObject(body) : undefined
  return json === undefined ? undefined : codeOf(json)
}

/** Classifies a response of the token endpoint without a token. */
export function classifyTokenRefusal (response: HttpResponse, now: number): Failure {
  const classified = classify(response, now, () => undefined, 'app')
  return classified.kind === 'ok' ? { kind: 'malformed', reason: 'response is not what was requested' } : classified
}

/** Incoming webhooks respond with a text: `ok`, or the code of an error. */
export function classifyWebhook (response: HttpResponse, now: number, scope: LimitScope = 'connection'): Classification<'ok'> {
  const { status, body } = response
  const text = body.toString().trim()
  if (status === 200 && text === 'ok') return { kind: 'ok', value: 'ok' }
  const failure = classifyStatus(response, now, { limitReason: 'too many messages to this channel', limitScope: scope })
  if (failure !== undefined) return failure
  const isGone = status >= 400 && goneWebhooks.includes(text)
  if (isGone) return { kind: 'gone', reason: `the incoming webhook no longer works (${text})` }
  if (status >= 400 && refusedWebhooks.includes(text)) return { kind: 'rejected', reason: `message refused (${text})` }
  return classifyForeign(response, now)
}

/** The code of a refusal by an incoming webhook, whose plain text may be accepted. */
export function webhookRefusalOf ({ status, body }: Pick<HttpResponse, 'status' | 'body'>): string | undefined {
  const text = body.toString().trim()
  return status >= 400 && refusedWebhooks.includes(text) ? text : undefined
}

const refusedWebhooks = ['invalid_payload', 'no_text', 'user_not_found', 'too_many_attachments', 'invalid_blocks']

const goneWebhooks = [
  'action_prohibited', 'invalid_token', 'posting_to_general_channel_denied', 'channel_not_found', 'no_service', 'no_service_id',
  'no_active_hooks', 'no_team', 'team_disabled', 'channel_is_archived'
]

function codeOf (json: Json): string | undefined {
  return json['ok'] === false && isCode(json['error']) ? json['error'] : undefined
}

function classifyCode (code: string, json: Json, { headers }: HttpResponse, now: number, scope: LimitScope): Failure {
  if (code === 'ratelimited' || code === 'rate_limited') {
    return { kind: 'rateLimited', reason: 'too many requests', retryAt: chooseRetryAt([parseRetryAfter(headers['retry-after'], now)], now), scope }
  }
  if (!permissionCodes.includes(code)) return failureOf(code)
  return { kind: 'missingPermission', reason: `access token lacks permission (${code})`, missing: readScopes(json['needed']) }
}
