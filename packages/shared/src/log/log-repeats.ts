import type { Log } from './log.ts'
import { createRepeatLimiter } from './repeat-limiter.ts'

/** Logs errors of one source: one line of each kind per interval, which grows. `suppressed` is the number of omitted errors. */
export function logRepeats (log: Log, level: 'warn' | 'error', message: string): (error: unknown) => void {
  return createRepeatLimiter<unknown>({
    kindOf,
    report: (error, suppressed) => log[level]({ err: error, ...suppressed > 0 && { suppressed } }, message)
  })
}

/** Errors whose messages differ only in numbers and quoted names are of one kind. */
function kindOf (error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? String(error.code) : ''
  return `${error.name} ${code} ${error.message.replace(/'[^']*'|"[^"]*"|\S*[\d:]\S*/g, '…').slice(0, 200)}`
}
