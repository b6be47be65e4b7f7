import type { Clock } from '../../kit/clock.ts'

/** Pushbullet's times: unix seconds with microseconds, no two alike, so that `modified_after` never misses a change. */
export interface Timestamps {
  next: () => number
  reset: () => void
}

export function createTimestamps (clock: Clock): Timestamps {
  let lastMicroseconds = 0
  return {
    next () {
      lastMicroseconds = Math.max(Math.floor(clock.nowMs() * 1000), lastMicroseconds + 1)
      return lastMicroseconds / 1e6
    },
    reset: () => { lastMicroseconds = 0 }
  }
}
