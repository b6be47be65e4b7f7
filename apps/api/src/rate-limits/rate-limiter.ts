import { runWithRequestId } from '@carillon/shared/log'
import type { SharedCounts } from '@carillon/shared/queue'

export const windowSeconds = 60

/** Additions are shared at this interval, so that no request waits for Redis. */
const shareMs = 100
/** The end of a window differs by this much at most, because responses of Redis arrive late. */
const clockToleranceMs = 1_000
/** Limits the memory when requests come from very many addresses. */
const maxCounts = 100_000

interface LimitStatus {
  isExceeded: boolean
  /** What is left of the limit. */
  remaining: number
  /** When the whole limit is available again, in seconds from now. */
  resetSeconds: number
}

export interface RateLimiter {
  /** Charges a request of this cost, unless it exceeds the limit. A refused request is not charged. */
  charge: (name: string, limit: number, cost: number) => LimitStatus
}

interface Count {
  /** The cost of the requests in this window, of all processes as far as known. */
  used: number
  /** The part of `used` that was not sent to the other processes. */
  unsent: number
  endsAt: number
}

export interface RateLimiterOptions {
  /** The counts of all processes. Without them, each process limits its own requests. */
  shared: SharedCounts | undefined
  now: () => number
  /** Called when the counts cannot be shared. Each process limits its own requests meanwhile. */
  onError: (error: unknown) => void
}

/** Limits the cost of requests in windows of a minute. It decides from memory, and learns of other processes shortly after. */
export function createRateLimiter ({ shared, now, onError }: RateLimiterOptions): RateLimiter {
  const counts = new Map<string, Count>()
  const unsent = new Map<string, Count>()
  let isSharing = false

  function find (name: string): Count {
    const known = counts.get(name)
    const time = now()
    if (known !== undefined && known.endsAt > time) return known
    // The oldest are first.
    for (const [oldest, { endsAt }] of counts) {
      if (endsAt > time && counts.size < maxCounts) break
      counts.delete(oldest)
    }
    const count = { used: 0, unsent: 0, endsAt: time + windowSeconds * 1_000 }
    counts.delete(name)
    counts.set(name, count)
    return count
  }

  function share (name: string, count: Count): void {
    if (shared === undefined) return
    unsent.set(name, count)
    if (isSharing) return
    isSharing = true
    // The counts belong to several requests.
    runWithRequestId(null, () => setTimeout(() => { shareAll(shared).catch(onError) }, shareMs).unref())
  }

  async function shareAll (shared: SharedCounts): Promise<void> {
    const all = [...unsent]
    unsent.clear()
    await Promise.all(all.map(async ([name, count]) => {
      const points = count.unsent
      count.unsent = 0
      const { used, endsInMs } = await shared.add(name, points)
      const endsAt = now() + endsInMs
      // A window that ends much later is the next one, in which `count.used` does not count.
      const isNextWindow = endsAt - count.endsAt > clockToleranceMs
      count.used = isNextWindow ? used + count.unsent : Math.max(count.used, used + count.unsent)
      count.endsAt = endsAt
    })).catch(onError)
    isSharing = false
    const [next] = unsent
    if (next !== undefined) share(...next)
  }

  return {
    charge: (name, limit, cost) => {
      const count = find(name)
      const isExceeded = count.used + cost > limit
      if (!isExceeded) {
        count.used += cost
        count.unsent += cost
        share(name, count)
      }
      return {
        isExceeded,
        remaining: Math.max(0, limit - count.used),
        resetSeconds: Math.max(1, Math.ceil((count.endsAt - now()) / 1_000))
      }
    }
  }
}
