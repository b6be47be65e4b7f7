/** The lowest value of the last one to two windows. */
export interface WindowedMinimum {
  /** Infinity before the first value. */
  readonly value: number
  add: (value: number, at: number) => void
  /** Forgets all values before this one. */
  reset: (value: number, at: number) => void
}

/** `windowMs` and the times are milliseconds of one clock. */
export function createWindowedMinimum (windowMs: number): WindowedMinimum {
  let [previous, current, startedAt] = [Infinity, Infinity, -Infinity]

  return {
    get value () { return Math.min(previous, current) },
    add (value, at) {
      if (at - startedAt >= windowMs) {
        previous = at - startedAt >= 2 * windowMs ? Infinity : current
        current = Infinity
        startedAt = at
      }
      current = Math.min(current, value)
    },
    reset (value, at) {
      [previous, current, startedAt] = [Infinity, value, at]
    }
  }
}
