import type { Clock } from './clock.ts'

/** Limits of a service, each with buckets of its own: `burst` requests at once, and then one per `secondsPerRequest`. */
export interface RateLimiter {
  /** Uses up one request of a bucket. Returns the whole seconds to wait when it is empty. */
  take: (bucket: string, limit: RateLimit) => number | undefined
  reset: () => void
}

export interface RateLimit {
  burst: number
  secondsPerRequest: number
}

export function createRateLimiter (clock: Clock): RateLimiter {
  const buckets = new Map<string, { left: number, atMs: number }>()

  return {
    take (name, { burst, secondsPerRequest }) {
      const nowMs = clock.nowMs()
      const { left: before, atMs } = buckets.get(name) ?? { left: burst, atMs: nowMs }
      const left = Math.min(burst, before + (nowMs - atMs) / 1000 / secondsPerRequest)
      buckets.set(name, { left: left >= 1 ? left - 1 : left, atMs: nowMs })
      return left >= 1 ? undefined : Math.ceil((1 - left) * secondsPerRequest)
    },

    reset: () => { buckets.clear() }
  }
}
