import type { Clock } from '../../kit/clock.ts'
import type { User } from '../store/user.ts'

const LIMIT = 32_768
const PERIOD_SECONDS = 3600
// 1 for the request and 4 for its database operation.
const COST_PER_CALL = 5
const DEFAULT_WAIT_SECONDS = 10

export type RateHeaders = Record<'x-ratelimit-limit' | 'x-ratelimit-remaining' | 'x-ratelimit-reset', string>

/**
 * Counts a call, and returns what remains. The count stops at 1, since only a fault limits requests here: a benchmark may
 * push to one account all day.
 */
export function spend (user: User, clock: Clock): RateHeaders {
  const nowSeconds = Math.floor(clock.nowMs() / 1000)
  if (user.periodEnds <= nowSeconds) {
    user.periodEnds = nowSeconds + PERIOD_SECONDS
    user.spentCost = 0
  }
  user.spentCost += COST_PER_CALL
  return rateHeaders(Math.max(1, LIMIT - user.spentCost), user.periodEnds)
}

/** For requests without a token. */
export function unspent (clock: Clock): RateHeaders {
  return rateHeaders(LIMIT - 1, Math.floor(clock.nowMs() / 1000) + PERIOD_SECONDS)
}

export function exhausted (clock: Clock): RateHeaders {
  return rateHeaders(0, Math.ceil(clock.nowMs() / 1000) + DEFAULT_WAIT_SECONDS)
}

function rateHeaders (remaining: number, reset: number): RateHeaders {
  return { 'x-ratelimit-limit': String(LIMIT), 'x-ratelimit-remaining': String(remaining), 'x-ratelimit-reset': String(reset) }
}
