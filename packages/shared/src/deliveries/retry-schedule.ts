const second = 1_000
const minute = 60 * second

/** The maximum wait after each failed attempt. A delivery has twelve attempts in up to two hours. */
export const longestWaitsMs = [
  1 * second, 2 * second, 4 * second, 8 * second, 15 * second, 30 * second,
  1 * minute, 5 * minute, 15 * minute, 30 * minute, 60 * minute
]

/**
 * Milliseconds to wait after attempt number `attempts`. Undefined after the last attempt. Full jitter chooses any time up to
 * the maximum, so deliveries that failed together do not retry together. `random` is in [0, 1).
 */
export function retryDelayMs (attempts: number, random: () => number = Math.random): number | undefined {
  const longest = longestWaitsMs[attempts - 1]
  return longest === undefined ? undefined : Math.round(random() * longest)
}
