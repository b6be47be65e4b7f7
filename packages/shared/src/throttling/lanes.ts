/** How many requests to a host are under way at a time. Waiting requests begin in order. */
export interface Lanes {
  enter: () => Promise<void>
  leave: () => void
  /** Counts an accepted request. */
  noteAccepted: () => void
  /** Permits `count` at a time. */
  resize: (count: number) => void
}

/** One more request at a time for this many accepted ones. */
const acceptedPerLane = 30
/** A host may have another limit after this time without a request. */
const idleMs = 60_000

/**
 * Creates lanes for a host that may have an unknown limit: one request at a time first, and more with successes, so that a
 * refusal finds few others under way. Only successes while all lanes were used count: others show nothing about more at a time.
 */
export function createLanes (now: () => number): Lanes {
  const waiting: Array<() => void> = []
  let max = 1
  let running = 0
  let leftAt = now()

  return {
    async enter () {
      if (running === 0 && now() - leftAt >= idleMs) max = 1
      if (running < Math.floor(max)) running++
      else await new Promise<void>((resolve) => { waiting.push(resolve) })
    },

    leave () {
      leftAt = now()
      running--
      begin()
    },

    noteAccepted () {
      if (running >= Math.floor(max)) max += 1 / acceptedPerLane
    },

    resize (count) {
      max = count
      begin()
    }
  }

  function begin (): void {
    while (waiting.length > 0 && running < Math.floor(max)) {
      running++
      waiting.shift()?.()
    }
  }
}
