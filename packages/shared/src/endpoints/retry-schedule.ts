const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** The wait after each failed attempt. A delivery has ten attempts in about three days. */
const retryWaitsMs = [
  5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour
]
/** The longest wait that an endpoint can ask for. */
const maxAskedMs = 24 * hour
/** Events that failed together are not sent again at the same moment. */
const jitter = 0.1

/** An endpoint without a success for this time is disabled. */
export const maxFailingMs = 5 * 24 * hour

/**
 * Milliseconds to wait after failed attempt number `attempts`, or longer when the endpoint asks for it. Undefined after the last
 * attempt. `random` is in [0, 1).
 */
export function retryWaitMs (
  attempts: number, askedMs = 0, random: () => number = Math.random
): number | undefined {
  const wait = retryWaitsMs[attempts - 1]
  if (wait === undefined) return undefined
  return Math.round(Math.max(wait * (1 + jitter * random()), Math.min(askedMs, maxAskedMs)))
}
