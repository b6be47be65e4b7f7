/** Limits how many tasks run at a time. Waiting tasks start in order. */
export interface Slots {
  /** Resolves with the function that releases the slot. Rejects with the signal's reason when `signal` aborts before that. */
  take: (signal: AbortSignal) => Promise<() => void>
}

export function createSlots (max: number): Slots {
  const waiting = new Set<() => void>()
  let taken = 0

  return {
    async take (signal) {
      signal.throwIfAborted()
      if (taken < max) taken++
      else await wait(signal)
      return release
    }
  }

  function wait (signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener('abort', abort)
        resolve()
      }
      const abort = (): void => {
        waiting.delete(start)
        reject(signal.reason)
      }
      waiting.add(start)
      signal.addEventListener('abort', abort, { once: true })
    })
  }

  /** The slot passes to the next waiting task, or becomes free. */
  function release (): void {
    const [next] = waiting
    if (next === undefined) taken--
    else {
      waiting.delete(next)
      next()
    }
  }
}
