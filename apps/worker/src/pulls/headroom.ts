/** From here on the provider is left alone: who comes near a limit is refused soon, and being refused counts as well. */
const fullPercent = 90
/** One after the other, until they have said how much they have used up. */
const askedFirst = 2

/**
 * How many requests may be under way before a limit is met that answers tell of. What one of them costs is learned from how
 * much more two answers say is used up; what other workers ask meanwhile is taken for our own cost, which leaves them room.
 */
export interface Headroom {
  isFree: () => boolean
  begin: () => void
  end: () => void
  /** What an answer says is used up, in percent. */
  told: (percent: number) => void
}

export function createHeadroom (): Headroom {
  let underWay = 0
  let ended = 0
  let answers = 0
  let percent = 0
  let percentEach = 0
  let from: { answers: number, percent: number } | undefined

  return {
    // One may always ask: else nobody would ever learn that there is room again.
    isFree: () => underWay === 0 || underWay + 1 <= room(),
    begin: () => { underWay++ },
    end: () => {
      underWay--
      ended++
    },
    told: (now) => {
      answers++
      // An hour is over, or the answers of two overtook each other. What a request costs is the same as before.
      if (from === undefined || now < percent) from = { answers, percent: now }
      else percentEach = (now - from.percent) / (answers - from.answers)
      percent = now
    }
  }

  function room (): number {
    if (ended < askedFirst) return 1
    return percentEach === 0 ? Infinity : (fullPercent - percent) / percentEach
  }
}
