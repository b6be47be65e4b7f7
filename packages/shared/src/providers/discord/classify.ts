import { chooseRetryAt, classifyForeign, classifyStatus, parseJsonObject, parseRetryAfter } from '@carillon/http'
import type { Classification, Failure, HttpResponse, LimitScope } from '@carillon/http'
import { failureOf, isBusy } from './errors.ts'

type Json = Record<string, unknown>

/** Returns the required content, or undefined when the response lacks it. */
export type Read<T> = (json: Json) => T | undefined

/** What authorizes a request: the token in a webhook's URL, the token of the bot, or the access token of a user. */
export type Caller = 'webhook' | 'bot' | 'user'

/** What waits for a limit. A webhook's host is its channel, and all direct messages have one host. */
const scopes: Record<Caller, { global: LimitScope, shared: LimitScope, opening: LimitScope }> = {
  // Discord counts requests without a token by IP address.
  webhook: { global: 'app', shared: 'host', opening: 'connection' },
  bot: { global: 'host', shared: 'connection', opening: 'host' },
  user: { global: 'connection', shared: 'connection', opening: 'connection' }
}

export function classify<T> (response: HttpResponse, now: number, caller: Caller, read: Read<T>): Classification<T> {
  const { status, body } = response
  const json = parseJsonObject(body)
  if (status === 429) return classifyLimit(response, json, now, caller)
  const failure = classifyStatus(response, now)
  if (failure !== undefined) return failure
  if (status >= 400) return classifyError(response, now, caller)
  const value = status === 200 && json !== undefined ? read(json) : undefined
  return value === undefined ? classifyForeign(response, now) : { kind: 'ok', value }
}

/** The code of Discord's own error. Undefined for the error of a proxy. */
export function codeOf ({ status, body }: Pick<HttpResponse, 'status' | 'body'>): number | undefined {
  if (status < 400) return undefined
  const { code, message } = parseJsonObject(body) ?? {}
  if (typeof message !== 'string' || typeof code !== 'number' || !Number.isInteger(code)) return undefined
  // The code 0 stands for a status that says it all.
  return code >= 10_000 || (code === 0 && status === 401 && message.startsWith('401: ')) ? code : undefined
}

/** Classifies the response to the removal of a webhook. One that does not exist is removed. */
export function classifyRemoval (response: HttpResponse, now: number): Classification<true> {
  if (response.status === 204) return { kind: 'ok', value: true }
  const classified = classify(response, now, 'webhook', (): true | undefined => undefined)
  return classified.kind === 'gone' ? { kind: 'ok', value: true } : classified
}

/** The body states the end of every limit. The headers of the bucket omit the hidden limit of a channel. */
function classifyLimit ({ headers }: HttpResponse, json: Json | undefined, now: number, caller: Caller): Failure {
  const { global, shared } = scopes[caller]
  const reason = 'too many requests'
  const seconds = json?.['retry_after']
  const stated = [typeof seconds === 'number' ? now + seconds * 1_000 : undefined, parseRetryAfter(headers['retry-after'], now)]
  // A page of Cloudflare: Discord has blocked our IP address for a while.
  if (json === undefined || typeof json['message'] !== 'string') {
    return { kind: 'rateLimited', reason: 'too many refused requests', retryAt: chooseRetryAt(stated, now, { absentMs: 60_000 }), scope: 'app' }
  }
  const isGlobal = json['global'] === true || headers['x-ratelimit-global'] === 'true' || headers['x-ratelimit-scope'] === 'global'
  const scope = isGlobal ? global : headers['x-ratelimit-scope'] === 'shared' ? shared : scopeOf(json['code'], caller)
  return { kind: 'rateLimited', reason, retryAt: chooseRetryAt(stated, now), scope }
}

function classifyError (response: HttpResponse, now: number, caller: Caller): Failure {
  const { status, headers, body } = response
  const code = codeOf(response)
  // Cloudflare's text for a refused User-Agent or IP address.
  if (status === 403 && /^error code: 10[12]0\s*$/.test(body.subarray(0, 32).toString())) {
    return { kind: 'misconfigured', reason: 'Discord does not accept our requests (User-Agent or IP address)' }
  }
  if (code === undefined) return classifyForeign(response, now)
  if (isBusy(code)) {
    const retryAt = chooseRetryAt([parseRetryAfter(headers['retry-after'], now)], now, { absentMs: 60_000 })
    return { kind: 'rateLimited', reason: `too many requests (${code})`, retryAt, scope: scopeOf(code, caller) }
  }
  const failure = failureOf(code)
  // All direct messages use the same token. The webhooks need none.
  if (failure.kind === 'unauthorized' && caller === 'bot') {
    return { kind: 'misconfigured', reason: 'Discord does not accept the bot token (DISCORD_BOT_TOKEN)', scope: 'host' }
  }
  return failure
}

/** The limit for opening conversations concerns all of them. */
function scopeOf (code: unknown, caller: Caller): LimitScope {
  return code === 40003 ? scopes[caller].opening : 'connection'
}
