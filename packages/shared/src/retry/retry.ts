import { setTimeout as sleep } from 'node:timers/promises'

export interface RetryOptions {
  /** The delays between attempts. A failure after the last delay is final. */
  delaysMs: Iterable<number>
  /** Ends a delay early. One more attempt follows, and its failure is final. */
  signal?: AbortSignal
  isFinal?: (error: unknown) => boolean
  /** Gets every error that another attempt follows. */
  onError?: (error: unknown) => void
  /** False: the process may exit during a delay. */
  ref?: boolean
}

/** Calls `work` until it succeeds. Rejects with the error of the final attempt. */
export async function retry<Result> (
  work: () => Promise<Result>, { delaysMs, signal, isFinal = () => false, onError = () => {}, ref = true }: RetryOptions
): Promise<Result> {
  for (const delayMs of delaysMs) {
    try {
      return await work()
    } catch (error) {
      if (signal?.aborted === true || isFinal(error)) throw error
      onError(error)
    }
    await sleep(delayMs, undefined, { signal, ref }).catch(() => {})
  }
  return await work()
}
