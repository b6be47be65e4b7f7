import type { Log } from '../log/index.ts'
import { logRepeats } from '../log/index.ts'
import { waitForStore } from './wait-for-store.ts'

export interface StartStoresOptions {
  /** Both resolve to a warning for the operator, if any. */
  checkDatabase: () => Promise<string | undefined>
  checkQueue: () => Promise<string | undefined>
  queueKind: 'redis' | 'postgres'
  waitSeconds: number
  signal: AbortSignal
  log: Log
}

/** Waits until both stores are ready. See `waitForStore`. */
export async function startStores (
  { checkDatabase, checkQueue, queueKind, waitSeconds, signal, log }: StartStoresOptions
): Promise<void> {
  const onError = logRepeats(log, 'warn', `not ready yet; waiting for up to ${waitSeconds} s`)
  const options = { timeoutMs: waitSeconds * 1000, signal, onError }
  await waitForStore(() => warn(checkDatabase), { ...options, variable: 'DATABASE_URL' })
  const variable = queueKind === 'redis' ? 'REDIS_URL' : 'DATABASE_URL'
  await waitForStore(() => warn(checkQueue), { ...options, variable })

  async function warn (check: () => Promise<string | undefined>): Promise<void> {
    const warning = await check()
    if (warning !== undefined) log.warn(warning)
  }
}
