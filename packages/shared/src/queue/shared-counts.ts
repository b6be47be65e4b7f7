import type { Redis } from 'ioredis'
import { RateLimiterRedis } from 'rate-limiter-flexible'

/** Counts that all processes share. Each starts at 0 again a fixed time after its first addition. */
export interface SharedCounts {
  /** Adds to a count, and returns it. Rejects when Redis is unavailable. */
  add: (name: string, points: number) => Promise<SharedCount>
}

interface SharedCount {
  /** The additions of all processes. */
  used: number
  /** When it starts at 0 again, in milliseconds from now. */
  endsInMs: number
}

export interface SharedCountsOptions {
  /** The name of this group of counts. */
  name: string
  windowSeconds: number
}

export function openSharedCounts (redis: Redis, prefix: string, { name, windowSeconds }: SharedCountsOptions): SharedCounts {
  const limiter = new RateLimiterRedis({
    // The callers compare counts with limits, so this limiter needs none.
    points: 0,
    storeClient: redis,
    keyPrefix: `${prefix}:${name}`,
    duration: windowSeconds,
    rejectIfRedisNotReady: true
  })
  return {
    add: async (count, points) => {
      const { consumedPoints: used, msBeforeNext: endsInMs } = await limiter.penalty(count, points)
      return { used, endsInMs }
    }
  }
}
