/** The sandbox's own time: the machine's, plus whatever tests have skipped over. */
export interface Clock {
  nowMs: () => number
  advance: (seconds: number) => void
  reset: () => void
}

export function createClock (machineNowMs: () => number = Date.now): Clock {
  let skippedMs = 0
  return {
    nowMs: () => machineNowMs() + skippedMs,
    advance: (seconds) => { skippedMs += seconds * 1000 },
    reset: () => { skippedMs = 0 }
  }
}
