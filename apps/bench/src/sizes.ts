/** The size of each measurement. */
export interface Sizes {
  rounds: number
  /** Requests before each measurement, for Carillon and its baselines, to warm up compilers and connections. */
  warmUp: number
  broadcast: number
  /** Recipients of a broadcast to a provider with latency. The number of requests in flight is steady for most of them. */
  slow: number
  /** Recipients of a broadcast to many hosts, and how many hosts these are. */
  manyHosts: number
  hosts: number
  /** Recipients of a broadcast to a small host. */
  smallHost: number
  /** Recipients of the naive broadcast, which is much slower. */
  naive: number
  /** Single notifications, accepted without a running worker. */
  accept: number
  /** Notifications, accepted in batches. */
  batched: number
  /** Connections, imported. */
  imported: number
  /** Single notifications, accepted with a running worker. */
  singles: number
  /** Notifications whose latency is measured, one after the other. */
  latency: number
  /** `smallTimes`: the number of broadcasts to the small audience, for the same total work as the large one. */
  growth: { small: number, large: number, smallTimes: number }
  /** Notifications whose latency is measured during a broadcast to the large audience. */
  direct: number
  /** Recipients of a broadcast by e-mail, and of one by Web Push. */
  channel: number
}

export const full: Sizes = {
  rounds: 3,
  warmUp: 2_000,
  broadcast: 60_000,
  slow: 30_000,
  manyHosts: 20_000,
  hosts: 1_000,
  smallHost: 3_000,
  naive: 4_000,
  accept: 15_000,
  batched: 60_000,
  imported: 20_000,
  singles: 10_000,
  latency: 200,
  growth: { small: 10_000, large: 300_000, smallTimes: 30 },
  direct: 200,
  channel: 20_000
}

/** For a quick check during development. Too small for conclusions about growth. */
export const quick: Sizes = {
  rounds: 3,
  warmUp: 500,
  broadcast: 10_000,
  slow: 6_000,
  manyHosts: 3_000,
  hosts: 1_000,
  smallHost: 600,
  naive: 1_000,
  accept: 2_000,
  batched: 10_000,
  imported: 3_000,
  singles: 1_500,
  latency: 40,
  growth: { small: 3_000, large: 40_000, smallTimes: 2 },
  direct: 20,
  channel: 3_000
}
