import { runWithRequestId } from './request-id.ts'

const firstIntervalMs = 1_000
const maxIntervalMs = 5 * 60_000

export interface RepeatLimiterOptions<Reported> {
  /** Errors of the same kind count together. */
  kindOf: (error: Reported) => string
  /** `suppressed` errors of the kind occurred since the last report. */
  report: (error: Reported, suppressed: number) => void
  /** Runs `work` after `ms`, and does not keep the process alive. */
  later?: (work: () => void, ms: number) => void
}

interface Kind<Reported> {
  last: Reported
  suppressed: number
  intervalMs: number
}

/**
 * Reports the first error of a kind at once, and the following ones once per interval, which doubles from 1 s to 5 minutes. After
 * an interval without errors, the next error is reported at once again.
 */
export function createRepeatLimiter<Reported> (
  { kindOf, report, later = laterUnref }: RepeatLimiterOptions<Reported>
): (error: Reported) => void {
  const kinds = new Map<string, Kind<Reported>>()

  function endInterval (name: string, kind: Kind<Reported>): void {
    if (kind.suppressed === 0) {
      kinds.delete(name)
      return
    }
    report(kind.last, kind.suppressed)
    kind.suppressed = 0
    kind.intervalMs = Math.min(2 * kind.intervalMs, maxIntervalMs)
    later(() => endInterval(name, kind), kind.intervalMs)
  }

  return (error) => {
    const name = kindOf(error)
    const known = kinds.get(name)
    if (known !== undefined) {
      known.last = error
      known.suppressed++
      return
    }
    const kind = { last: error, suppressed: 0, intervalMs: firstIntervalMs }
    kinds.set(name, kind)
    report(error, 0)
    later(() => endInterval(name, kind), kind.intervalMs)
  }
}

function laterUnref (work: () => void, ms: number): void {
  // The errors since then belong to other requests.
  runWithRequestId(null, () => setTimeout(work, ms).unref())
}
