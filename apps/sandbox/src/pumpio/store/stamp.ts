import type { Clock } from '../../kit/clock.ts'

/** The time as pump.io writes it: without fractions. */
export function stamp (clock: Clock): string {
  return new Date(clock.nowMs()).toISOString().replace(/\.\d+Z$/, 'Z')
}
