import { setTimeout as sleep } from 'node:timers/promises'

const firstWaitMs = 100
const longestWaitMs = 2_000

/**
 * Does `work` until it succeeds, however often that takes. Once `signal` has aborted it is tried no more: rejects then with
 * what the last try did. `onError` hears of every failure that is followed by another try.
 */
export async function persist<Result> (
  work: () => Promise<Result>, signal: AbortSignal, onError: (error: unknown) => void
): Promise<Result> {
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(2 * waitMs, longestWaitMs)) {
    try {
      return await work()
    } catch (error) {
      if (signal.aborted) throw error
      onError(error)
      // Cut short by the signal: then comes the last try.
      await sleep(waitMs, undefined, { signal }).catch(() => {})
    }
  }
}
