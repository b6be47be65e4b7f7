import { ok, warning } from './finding.ts'
import type { Finding } from './finding.ts'

const maxDifferenceMs = 5_000

/** Whether the clock of this machine agrees with that of a store. */
export function checkClock (product: string, aheadMs: number): Finding {
  const difference = Math.abs(aheadMs)
  if (difference <= maxDifferenceMs) return ok('clock', `The clock of this machine agrees with that of ${product} (${difference} ms).`)
  return warning(
    'clock',
    `The clock of this machine is ${Math.round(difference / 1000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} that of ${product}.`,
    'Synchronize the clocks of both machines with NTP.'
  )
}
