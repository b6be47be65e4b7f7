/** How many requests to a host are under way at a time. Waiting requests begin in order. */
export interface Lanes {
  /** How many requests may be under way now: a whole number of at least 1. */
  readonly max: number
  /** Resolves when a request may begin, to a function that the caller calls once when the request has ended. */
  enter: () => Promise<() => void>
  /** Counts an accepted request. */
  noteAccepted: () => void
  /** Permits `count` at a time. */
  resize: (count: number) => void
}

/** One more request at a time for this many accepted ones, as long as the host may have a small limit. */
const acceptedPerLane = 30
/** So many accepted requests show that it has none. */
const acceptedFirst = 60
/** How many more requests at a time each round trip adds after that. */
const lanesPerRound = 4
/** A host may have another limit after this time without a request. */
const idleMs = 60_000
/**
 * A request that takes longer lets two others begin. Otherwise a host that does not respond would be sent one request per
 * timeout: too few to open its breaker, while all other requests to it wait.
 */
const lateAfterMs = 3_000
const othersPerLate = 2

/**
 * Creates lanes for a host that may have an unknown limit: one request at a time first, and more with successes, so that a
 * refusal finds few others under way. Only successes while all lanes were used count: others show nothing about more at a time.
 */
export function createLanes (now: () => number, lateMs = lateAfterMs): Lanes {
  const waiting: Array<(leave: () => void) => void> = []
  let max = 1
  let running = 0
  let late = 0
  /** Requests that the host accepted while all lanes were used. */
  let accepted = 0
  let leftAt = now()

  return {
    get max () { return findMax() },

    async enter () {
      if (running < findMax()) return begin()
      return await new Promise((resolve) => { waiting.push(resolve) })
    },

    noteAccepted () {
      if (running < Math.floor(max)) return
      max += ++accepted <= acceptedFirst ? 1 / acceptedPerLane : lanesPerRound / max
    },

    resize (count) {
      max = count
      accepted = 0
      beginWaiting()
    }
  }

  function findMax (): number {
    if (running === 0 && now() - leftAt >= idleMs) {
      max = 1
      accepted = 0
    }
    return Math.floor(max) + late * othersPerLate
  }

  function begin (): () => void {
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      late++
      beginWaiting()
    }, lateMs)
    running++
    return () => {
      clearTimeout(timer)
      if (isLate) late--
      leftAt = now()
      running--
      beginWaiting()
    }
  }

  function beginWaiting (): void {
    while (waiting.length > 0 && running < findMax()) waiting.shift()?.(begin())
  }
}
