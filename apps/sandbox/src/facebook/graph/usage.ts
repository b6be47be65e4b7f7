import type { Clock } from '../../kit/clock.ts'
import { GraphError } from './graph-error.ts'

const HOUR_MS = 3_600_000
const CALLS_PER_USER = 200
const MIN_APP_CALLS = 10_000
/** The documentation's name of the tier since May 2026. The spelling in headers is unknown. */
const TIER = 'full_access'

export type UseCase = 'ads_insights' | 'ads_management'

/** Calls per hour; null means no limit. */
export interface Limits {
  /** Default: Facebook's rule of 200 for each user of the app. */
  app?: number | null | undefined
  adAccount?: number | null | undefined
}

/** A call about an ad account. */
export interface AdCall {
  accountId: string
  useCase: UseCase
}

export interface Usage {
  limits: Limits
  /** Counts a call. Returns the headers about usage. */
  count: (call?: AdCall) => Record<string, string>
  /** The error of a counted call that exceeds a limit. */
  refusal: (call?: AdCall) => GraphError | undefined
  reset: () => void
}

interface Period {
  endsMs: number
  calls: number
}

/** Counts calls per hour. An hour begins with its first call. */
export function createUsage (clock: Clock, countPeople: () => number): Usage {
  const periods = new Map<string, Period>()

  const self: Usage = {
    limits: {},

    count (call) {
      const app = periodOf('app')
      app.calls++
      if (call === undefined) return usageHeaders({ appPercent: percentOf(app, appLimit()) })
      const account = periodOf(keyOf(call))
      account.calls++
      const leftMs = account.endsMs - clock.nowMs()
      const accountPercent = percentOf(account, accountLimit())
      return usageHeaders({ appPercent: percentOf(app, appLimit()), call, accountPercent, leftMs })
    },

    refusal (call) {
      if (periodOf('app').calls > appLimit()) return applicationLimit()
      if (call !== undefined && periodOf(keyOf(call)).calls > accountLimit()) return adAccountLimit(call.useCase)
    },

    reset () {
      periods.clear()
      self.limits = {}
    }
  }
  return self

  function appLimit (): number {
    const { app = Math.max(MIN_APP_CALLS, CALLS_PER_USER * countPeople()) } = self.limits
    return app ?? Infinity
  }

  function accountLimit (): number {
    const { adAccount = MIN_APP_CALLS } = self.limits
    return adAccount ?? Infinity
  }

  function periodOf (key: string): Period {
    const known = periods.get(key)
    if (known !== undefined && known.endsMs > clock.nowMs()) return known
    const period = { endsMs: clock.nowMs() + HOUR_MS, calls: 0 }
    periods.set(key, period)
    return period
  }
}

export function applicationLimit (): GraphError {
  return new GraphError({ message: '(#4) Application request limit reached', code: 4, is_transient: true })
}

export function adAccountLimit (useCase: UseCase): GraphError {
  const code = useCase === 'ads_insights' ? 80000 : 80004
  return new GraphError({
    message: `(#${code}) There have been too many calls to this ad-account. Wait a bit and try again. For more info, please refer to ` +
      'https://developers.facebook.com/docs/graph-api/overview/rate-limiting.',
    code,
    error_subcode: 2446079
  })
}

export interface Percentages {
  appPercent: number
  call?: AdCall
  accountPercent?: number
  /** Until the ad account's hour ends. */
  leftMs?: number
}

/** The headers contain JSON. Beyond a limit, they report the remaining minutes. */
export function usageHeaders ({ appPercent, call, accountPercent = 0, leftMs = 0 }: Percentages): Record<string, string> {
  const shares = (percent: number): object => ({
    call_count: Math.floor(percent), total_cputime: Math.floor(percent / 4), total_time: Math.floor(percent / 2)
  })
  const app = { 'x-app-usage': JSON.stringify(shares(appPercent)) }
  if (call === undefined) return app
  const minutes = accountPercent > 100 ? Math.ceil(leftMs / 60_000) : 0
  return {
    ...app,
    'x-business-use-case-usage': JSON.stringify({
      [call.accountId]: [{
        type: call.useCase, ...shares(accountPercent), estimated_time_to_regain_access: minutes, ads_api_access_tier: TIER
      }]
    }),
    'x-ad-account-usage': JSON.stringify({
      acc_id_util_pct: rounded(accountPercent), reset_time_duration: Math.ceil(leftMs / 1000), ads_api_access_tier: TIER
    }),
    ...call.useCase === 'ads_insights' && {
      'x-fb-ads-insights-throttle': JSON.stringify({ app_id_util_pct: rounded(appPercent), acc_id_util_pct: rounded(accountPercent) })
    }
  }
}

function keyOf ({ accountId, useCase }: AdCall): string {
  return `${useCase} ${accountId}`
}

function percentOf ({ calls }: Period, limit: number): number {
  return limit === 0 ? 100 * (calls + 1) : 100 * calls / limit
}

function rounded (percent: number): number {
  return Math.round(100 * percent) / 100
}
