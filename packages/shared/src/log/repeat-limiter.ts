const firstIntervalMs = 1_000
const longestIntervalMs = 5 * 60_000

export interface RepeatLimiterOptions<Fault> {
  /** Errors of the same kind count together. */
  kindOf: (fault: Fault) => string
  /** `suppressed` faults of the kind came since the last report. */
  report: (fault: Fault, suppressed: number) => void
  /** Runs `work` after `ms`, and keeps no process alive for it. */
  later?: (work: () => void, ms: number) => void
}

interface Kind<Fault> {
  last: Fault
  suppressed: number
  intervalMs: number
}

/**
 * Reports the first fault of a kind at once, and what follows once in an interval, which doubles from 1 s to 5 minutes. After
 * an interval without one, the next fault is a first one again.
 */
export function createRepeatLimiter<Fault> (
  { kindOf, report, later = laterUnref }: RepeatLimiterOptions<Fault>
): (fault: Fault) => void {
  const kinds = new Map<string, Kind<Fault>>()

  function endInterval (name: string, kind: Kind<Fault>): void {
    if (kind.suppressed === 0) {
      kinds.delete(name)
      return
    }
    report(kind.last, kind.suppressed)
    kind.suppressed = 0
    kind.intervalMs = Math.min(2 * kind.intervalMs, longestIntervalMs)
    later(() => endInterval(name, kind), kind.intervalMs)
  }

  return (fault) => {
    const name = kindOf(fault)
    const known = kinds.get(name)
    if (known !== undefined) {
      known.last = fault
      known.suppressed++
      return
    }
    const kind = { last: fault, suppressed: 0, intervalMs: firstIntervalMs }
    kinds.set(name, kind)
    report(fault, 0)
    later(() => endInterval(name, kind), kind.intervalMs)
  }
}

function laterUnref (work: () => void, ms: number): void {
  setTimeout(work, ms).unref()
}
