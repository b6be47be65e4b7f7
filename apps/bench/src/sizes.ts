/** How much each measurement does. */
export interface Sizes {
  rounds: number
  /** Sent before anything is measured, by us and by what we are measured against: compilers and connections get warm. */
  warmUp: number
  broadcast: number
  /** Recipients of the naive broadcast, which is slower by far. */
  naive: number
  /** Single notifications, accepted with no worker running. */
  accept: number
  /** The same with one. */
  singles: number
  /** Notifications whose way is timed, one after the other. */
  latency: number
  /** `smallTimes`: broadcasts to the small audience, for as much work as the large one is. */
  growth: { small: number, large: number, smallTimes: number }
  /** Notifications that are timed while a broadcast to the large audience runs. */
  direct: number
}

export const full: Sizes = {
  rounds: 3,
  warmUp: 2_000,
  broadcast: 60_000,
  naive: 4_000,
  accept: 15_000,
  singles: 10_000,
  latency: 200,
  growth: { small: 10_000, large: 300_000, smallTimes: 30 },
  direct: 200
}

/** For a look while working: too small to say much about growth. */
export const quick: Sizes = {
  rounds: 3,
  warmUp: 500,
  broadcast: 10_000,
  naive: 1_000,
  accept: 2_000,
  singles: 1_500,
  latency: 40,
  growth: { small: 3_000, large: 40_000, smallTimes: 2 },
  direct: 20
}
