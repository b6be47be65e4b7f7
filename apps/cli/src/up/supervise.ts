import { setTimeout as wait } from 'node:timers/promises'
import type { Part } from './part.ts'

export interface Supervised {
  name: string
  url: string
  stop: () => Promise<void>
  kill: () => void
}

export interface SuperviseOptions {
  /** Aborts the first start. `stop()` aborts later ones. */
  signal: AbortSignal
  /** Called with one line for every exit and restart. */
  report: (line: string) => void
  /** The wait before the first, second, … restart in a row. The last entry repeats. */
  backOffMs?: number[]
  /** After a part has run this long, the next wait is the shortest again. */
  stableMs?: number
  /** Milliseconds since the epoch. */
  now?: () => number
}

/** Starts a part and restarts it whenever it exits. Rejects if the first start fails. */
export async function supervise (
  part: Part,
  { signal, report, backOffMs = [500, 1_000, 2_000, 5_000, 10_000, 30_000], stableMs = 60_000, now = Date.now }: SuperviseOptions
): Promise<Supervised> {
  let running = await part.start(signal)
  const stopping = new AbortController()
  const watching = keepAlive()
  return {
    name: part.name,
    url: running.url,
    async stop () {
      stopping.abort()
      await running.stop()
      await watching
    },
    kill () {
      stopping.abort()
      running.kill()
    }
  }

  async function keepAlive (): Promise<void> {
    let startedAt = now()
    let exits = 0
    let reason = await running.exited
    while (!stopping.signal.aborted) {
      exits = now() - startedAt >= stableMs ? 1 : exits + 1
      const delayMs = backOffMs[Math.min(exits, backOffMs.length) - 1] ?? 0
      report(`${part.name} exited (${reason}); restarting it in ${delayMs / 1000} s`)
      await wait(delayMs, undefined, { signal: stopping.signal }).catch(() => {})
      if (stopping.signal.aborted) return
      startedAt = now()
      reason = await startAgain()
    }
  }

  /** Resolves with the reason of its exit, at the start or later. */
  async function startAgain (): Promise<string> {
    try {
      running = await part.start(stopping.signal)
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
    report(`${part.name} is back`)
    return running.exited
  }
}
