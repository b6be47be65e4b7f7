import { exponentialBackoff, retry } from '../retry/index.ts'
import { StoreError } from './store-error.ts'

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
  const isFinal = (error: unknown): boolean => error instanceof StoreError || performance.now() >= deadline
  try {
    await retry(() => unlessAborted(check, signal), { delaysMs: exponentialBackoff(), signal, isFinal, onError })
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof StoreError) throw error
    throw new StoreError(`${variable}: the store did not respond within ${timeoutMs / 1000} s (START_WAIT_SECONDS): ${describe(error)}`)
  }
}

/** A store that accepts the connection and does not respond must not delay a shutdown. */
async function unlessAborted (check: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  await new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort)
    check().then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function describe (error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return describe(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}
