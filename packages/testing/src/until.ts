import { setTimeout as sleep } from 'node:timers/promises'

const minPauseMs = 10
const maxPauseMs = 250

/**
 * Calls `probe` until it returns a value other than undefined, null or false, and returns that value. Repeats probes that
 * throw. Throws after `timeoutMs` (four minutes by default, as a machine may be slow), with the last result or error. Probes
 * every `everyMs`; without it, after a tenth of the time that has passed, because frequent probes take time from the processes
 * that they wait for.
 */
export async function until<T> (
  probe: () => T | Promise<T>, { timeoutMs = 240_000, everyMs, what = 'the condition' }: { timeoutMs?: number, everyMs?: number, what?: string } = {}
): Promise<NonNullable<Exclude<T, false>>> {
  const startedAt = Date.now()
  const deadline = startedAt + timeoutMs
  let last: unknown
  // Probes once more after the timeout, because this process may have been suspended until then.
  for (let isLast = false; !isLast;) {
    isLast = Date.now() >= deadline
    try {
      const value = await probe()
      if (value !== undefined && value !== null && value !== false) return value as NonNullable<Exclude<T, false>>
      last = value
    } catch (error) {
      last = error
    }
    if (!isLast) await sleep(everyMs ?? Math.min(maxPauseMs, Math.max(minPauseMs, (Date.now() - startedAt) / 10)))
  }
  throw new Error(`${what} did not come true within ${timeoutMs} ms; last seen: ${last instanceof Error ? last.message : String(last)}`)
}
