const second = 1_000
const minute = 60 * second

/**
 * The longest wait after each failed attempt; what is not in the table is not tried again. Twelve attempts in all,
 * spread over up to two hours.
 */
export const longestWaitsMs = [
  1 * second, 2 * second, 4 * second, 8 * second, 15 * second, 30 * second,
  1 * minute, 5 * minute, 15 * minute, 30 * minute, 60 * minute
]

/**
 * Milliseconds to wait after attempt number `attempts`, or undefined when that was the last. Full jitter: any length up
 * to the table's, so that those who failed together do not come back together. `random` is in [0, 1).
 */
export function retryDelayMs (attempts: number, random: () => number = Math.random): number | undefined {
  const longest = longestWaitsMs[attempts - 1]
  return longest === undefined ? undefined : Math.round(random() * longest)
}
