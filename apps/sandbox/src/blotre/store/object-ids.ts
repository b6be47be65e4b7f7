import { randomBytes } from 'node:crypto'
import type { Clock } from '../../kit/clock.ts'

/** MongoDB's ids, 24 hexadecimal digits: seconds, a process id, and a counter. */
export function createObjectIds (clock: Clock): { next: () => string } {
  const processId = randomBytes(5).toString('hex')
  let count = 0
  return {
    next () {
      count = (count + 1) % 0x1000000
      return hex(Math.floor(clock.nowMs() / 1000) % 0x100000000, 8) + processId + hex(count, 6)
    }
  }
}

function hex (value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
