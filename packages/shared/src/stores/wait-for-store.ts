import { setTimeout as sleep } from 'node:timers/promises'
import { StoreError } from './store-error.ts'

const firstWaitMs = 100
const longestWaitMs = 2_000

export interface WaitOptions {
  /** The variable that configures the store. */
  variable: 'DATABASE_URL' | 'REDIS_URL'
  /** How long to wait for a store that does not respond. */
  timeoutMs: number
  signal: AbortSignal
  /** Called with each failure that is followed by another attempt. */
  onError: (error: unknown) => void
}

/**
 * Resolves once `check` does. Rejects immediately when `check` rejects with a StoreError, with a StoreError after `timeoutMs`,
 * and with the signal's reason when it aborts.
 */
export async function waitForStore (
  check: () => Promise<unknown>, { variable, timeoutMs, signal, onError }: WaitOptions
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(2 * waitMs, longestWaitMs)) {
    try {
      await unlessAborted(check(), signal)
      return
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof StoreError) throw error
      if (performance.now() >= deadline) {
        throw new StoreError(`${variable}: the store did not answer within ${timeoutMs / 1000} s (START_WAIT_SECONDS): ${describe(error)}`)
      }
      onError(error)
      await sleep(waitMs, undefined, { signal }).catch(() => {})
    }
  }
}

/** A store that accepts the connection and never responds must not delay the shutdown of this process. */
function unlessAborted (work: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function describe (error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return describe(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}
