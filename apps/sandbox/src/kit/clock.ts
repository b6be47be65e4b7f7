/** The sandbox's time: the machine's time plus what tests have added. */
export interface Clock {
  nowMs: () => number
  advance: (seconds: number) => void
  reset: () => void
}

export function createClock (machineNowMs: () => number = Date.now): Clock {
  let addedMs = 0
  return {
    nowMs: () => machineNowMs() + addedMs,
    advance: (seconds) => { addedMs += seconds * 1000 },
    reset: () => { addedMs = 0 }
  }
}
