/** Keys that were added within a time. */
export interface RecentKeys {
  /** `now` is in milliseconds since the epoch. */
  add: (key: string, now: number) => void
  has: (key: string, now: number) => boolean
}

export function createRecentKeys (maxAgeMs: number): RecentKeys {
  /** The oldest first. */
  const times = new Map<string, number>()

  return {
    add (key, now) {
      times.delete(key)
      times.set(key, now)
      for (const [oldest, at] of times) {
        if (now - at < maxAgeMs) break
        times.delete(oldest)
      }
    },

    has: (key, now) => now - (times.get(key) ?? -Infinity) < maxAgeMs
  }
}
