import type { HttpResponse, WaitLimits } from '@carillon/http'
import { chooseRetryAt, isObject, parseJson } from '@carillon/http'

type Headers = HttpResponse['headers']

/** The used share of a limit in percent, and its scope: the app's (`host`), which all connections share, or an ad account's. */
export interface Usage {
  scope: 'connection' | 'host'
  percent: number
}

/**
 * The limits apply to a rolling hour, which continuously frees some calls, so the retry comes well before an hour has passed.
 */
const limits: Partial<WaitLimits> = { absentMs: 5 * 60_000 }

/** Above this percentage requests pause: at 100 Facebook refuses calls, and refused calls count too. */
const fullPercent = 90
const restMs = 5 * 60_000

/** Parses all headers about limits. Ignores headers that are not JSON. */
export function readUsage (headers: Headers): Usage[] {
  const app = percentOf(parseJson(headers['x-app-usage'] ?? ''), ['call_count', 'total_time', 'total_cputime'])
  const account = percentOf(parseJson(headers['x-ad-account-usage'] ?? ''), ['acc_id_util_pct'])
  const throttle = parseJson(headers['x-fb-ads-insights-throttle'] ?? '')
  const cases = businessCases(headers).map((one) => percentOf(one, ['call_count', 'total_time', 'total_cputime']))
  return [
    { scope: 'host' as const, percent: Math.max(app, percentOf(throttle, ['app_id_util_pct'])) },
    { scope: 'connection' as const, percent: Math.max(account, percentOf(throttle, ['acc_id_util_pct']), ...cases) }
  ].filter(({ percent }) => percent > 0)
}

/** The used share of the app's limit in percent. Undefined when the response does not state it. */
export function appPercentOf (headers: Headers): number | undefined {
  if (headers['x-app-usage'] === undefined && headers['x-fb-ads-insights-throttle'] === undefined) return undefined
  return readUsage(headers).find(({ scope }) => scope === 'host')?.percent ?? 0
}

/** When to retry after a rate limit, in milliseconds since the epoch: the time in the headers, or else in five minutes. */
export function retryAtOf (headers: Headers, now: number, scope: Usage['scope']): number {
  return chooseRetryAt([regainAt(headers, now, scope)], now, limits)
}

/** Limits that are nearly reached: the scope to pause, and until when. */
export function restsOf (headers: Headers, now: number): Array<{ scope: Usage['scope'], retryAt: number }> {
  return readUsage(headers).filter(({ percent }) => percent >= fullPercent)
    .map(({ scope }) => ({ scope, retryAt: chooseRetryAt([regainAt(headers, now, scope)], now, { absentMs: restMs }) }))
}

/**
 * One header has minutes, the other seconds. The latest time counts, because until then some limit still applies. The seconds
 * belong to the ad account, and Facebook also sends them when its usage is low.
 */
function regainAt (headers: Headers, now: number, scope: Usage['scope']): number | undefined {
  const minutes = businessCases(headers).map((one) => numberIn(one, 'estimated_time_to_regain_access'))
  const account = parseJson(headers['x-ad-account-usage'] ?? '')
  const isFull = scope === 'connection' && numberIn(account, 'acc_id_util_pct') >= fullPercent
  const seconds = isFull ? numberIn(account, 'reset_time_duration') : 0
  const waitMs = Math.max(...minutes.map((each) => each * 60_000), seconds * 1_000)
  return waitMs > 0 ? now + waitMs : undefined
}

/** Format: `{"<business or account>": [{type, call_count, …}, …], …}`. */
function businessCases (headers: Headers): unknown[] {
  const known = parseJson(headers['x-business-use-case-usage'] ?? '')
  return isObject(known) ? Object.values(known).flat() : []
}

function percentOf (value: unknown, names: string[]): number {
  return Math.max(...names.map((name) => numberIn(value, name)))
}

function numberIn (value: unknown, name: string): number {
  const found = isObject(value) ? value[name] : undefined
  const number = typeof found === 'number' || typeof found === 'string' ? Number(found) : 0
  return Number.isFinite(number) ? Math.max(0, number) : 0
}
