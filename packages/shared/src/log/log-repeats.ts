import type { Log } from './log.ts'
import { createRepeatLimiter } from './repeat-limiter.ts'

/** Logs errors of one source: of each kind one line in a growing interval, with `suppressed`, the number of those left out. */
export function logRepeats (log: Log, level: 'warn' | 'error', message: string): (error: unknown) => void {
  return createRepeatLimiter<unknown>({
    kindOf,
    report: (error, suppressed) => log[level]({ err: error, ...suppressed > 0 && { suppressed } }, message)
  })
}

/** Messages that differ in figures and quoted names alone are of one kind. */
function kindOf (error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? String(error.code) : ''
  return `${error.name} ${code} ${error.message.replace(/'[^']*'|"[^"]*"|\S*[\d:]\S*/g, '…').slice(0, 200)}`
}
