/** Requests pause at this usage, because the provider counts refused requests too. */
const fullPercent = 90
/** The first requests run one at a time, until their responses show what a request costs. */
const sequentialRequests = 2

/**
 * Limits concurrent requests by the usage that responses report. The cost of a request is the difference between two reports.
 * Requests of other workers raise the estimate, which leaves room for them.
 */
export interface Headroom {
  isFree: () => boolean
  begin: () => void
  end: () => void
  /** Records the usage that a response reports, in percent. */
  recordUsage: (percent: number) => void
}

export function createHeadroom (): Headroom {
  let running = 0
  let ended = 0
  let responses = 0
  let percent = 0
  let percentEach = 0
  let first: { responses: number, percent: number } | undefined

  return {
    // One request may always run. Otherwise no response would report that the limit has room again.
    isFree: () => running === 0 || running + 1 <= room(),
    begin: () => { running++ },
    end: () => {
      running--
      ended++
    },
    recordUsage: (now) => {
      responses++
      // The window ended, or two responses arrived in the wrong order. The cost of a request stays the same.
      if (first === undefined || now < percent) first = { responses, percent: now }
      else percentEach = (now - first.percent) / (responses - first.responses)
      percent = now
    }
  }

  function room (): number {
    if (ended < sequentialRequests) return 1
    return percentEach === 0 ? Infinity : (fullPercent - percent) / percentEach
  }
}
