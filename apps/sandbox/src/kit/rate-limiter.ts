import type { Clock } from './clock.ts'

/** Limits of a service, each with buckets of its own: `burst` requests at once, and then one per `secondsPerRequest`. */
export interface RateLimiter {
  /** Uses up one request of a bucket. Returns the whole seconds to wait when it is empty. */
  take: (bucket: string, limit: RateLimit) => number | undefined
  counts: () => RefusalCounts
  reset: () => void
}

/** How clients respect the limits: one that waits as told is refused only once per wait. */
export interface RefusalCounts {
  refused: number
  /** Refusals while the bucket had announced no wait, or after its end. The client learns the limit from them. */
  learned: number
  /** Requests that came during an announced wait, later than they could have been under way when it was announced. */
  ignored: number
}

export interface RateLimit {
  burst: number
  secondsPerRequest: number
  /** The wait that a refusal announces at least. Default: until the next request is allowed. */
  leastWaitSeconds?: number
}

/** The schema of a limit in a control call. */
export const rateLimitSchema = {
  type: 'object',
  properties: {
    burst: { type: 'integer', minimum: 1 },
    secondsPerRequest: { type: 'number', exclusiveMinimum: 0 },
    leastWaitSeconds: { type: 'integer', minimum: 1 }
  },
  required: ['burst', 'secondsPerRequest'],
  additionalProperties: false
}

const none = { refused: 0, learned: 0, ignored: 0 }
const MAX_LATENCY_MS = 2_000

export function createRateLimiter (clock: Clock): RateLimiter {
  const buckets = new Map<string, { left: number, atMs: number, toldAtMs: number, toldUntilMs: number }>()
  let counts: RefusalCounts = { ...none }

  return {
    take (name, { burst, secondsPerRequest, leastWaitSeconds = 1 }) {
      const nowMs = clock.nowMs()
      const bucket = buckets.get(name) ?? { left: burst, atMs: nowMs, toldAtMs: 0, toldUntilMs: 0 }
      const { left: before, atMs, toldAtMs, toldUntilMs } = bucket
      const left = Math.min(burst, before + (nowMs - atMs) / 1000 / secondsPerRequest)
      if (nowMs < toldUntilMs && nowMs > toldAtMs + MAX_LATENCY_MS) counts.ignored++
      if (left >= 1) {
        buckets.set(name, { ...bucket, left: left - 1, atMs: nowMs })
        return undefined
      }
      const waitSeconds = Math.max(leastWaitSeconds, Math.ceil((1 - left) * secondsPerRequest))
      counts.refused++
      if (nowMs < toldUntilMs) buckets.set(name, { ...bucket, left, atMs: nowMs })
      else {
        counts.learned++
        buckets.set(name, { left, atMs: nowMs, toldAtMs: nowMs, toldUntilMs: nowMs + waitSeconds * 1_000 })
      }
      return waitSeconds
    },

    counts: () => ({ ...counts }),

    reset () {
      buckets.clear()
      counts = { ...none }
    }
  }
}
