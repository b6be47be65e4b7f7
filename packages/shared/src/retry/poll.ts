import { setTimeout as sleep } from 'node:timers/promises'
import { exponentialBackoff } from './exponential-backoff.ts'

type Check<Result> = () => Promise<Result | undefined>

interface PollLimits {
  timeoutMs?: number
  /** Prevents the next check. It does not end a delay early. */
  signal?: AbortSignal
}

const firstDelayMs = 20
const maxDelayMs = 500

/**
 * Calls `check` until it returns a value, for example while another process holds a lease. Returns undefined when a limit ends
 * the polling. Random delays keep processes that wait for the same lease apart.
 */
export function poll<Result> (check: Check<Result>): Promise<Result>
export function poll<Result> (check: Check<Result>, limits: PollLimits): Promise<Result | undefined>
export async function poll<Result> (
  check: Check<Result>, { timeoutMs = Infinity, signal }: PollLimits = {}
): Promise<Result | undefined> {
  const deadline = performance.now() + timeoutMs
  for (const delayMs of exponentialBackoff(firstDelayMs, maxDelayMs)) {
    if (performance.now() >= deadline || signal?.aborted === true) return undefined
    const result = await check()
    if (result !== undefined) return result
    await sleep(delayMs * (0.5 + Math.random() / 2))
  }
}
