/** How many lookups may run at a time: in total, and for each group of names. */
export interface SlotLimits {
  total: number
  perGroup: number
}

/** Runs `work` once a slot is free. Rejects with the signal's reason when `signal` aborts before that. */
export type RunInSlot = <Result>(group: string, signal: AbortSignal, work: () => Promise<Result>) => Promise<Result>

/** Waiting lookups start in order. A group at its own limit does not block other groups. */
export function createLookupSlots ({ total, perGroup }: SlotLimits): RunInSlot {
  const running = new Map<string, number>()
  const waiting = new Set<{ group: string, start: () => void }>()
  let count = 0

  return async (group, signal, work) => {
    await acquire(group, signal)
    try {
      return await work()
    } finally {
      release(group)
    }
  }

  function acquire (group: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (hasRoom(group)) {
      take(group)
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const waiter = { group, start }
      const abort = (): void => {
        waiting.delete(waiter)
        reject(signal.reason)
      }
      waiting.add(waiter)
      signal.addEventListener('abort', abort, { once: true })

      function start (): void {
        signal.removeEventListener('abort', abort)
        waiting.delete(waiter)
        take(group)
        resolve()
      }
    })
  }

  function hasRoom (group: string): boolean {
    return count < total && (running.get(group) ?? 0) < perGroup
  }

  function take (group: string): void {
    count++
    running.set(group, (running.get(group) ?? 0) + 1)
  }

  function release (group: string): void {
    const left = (running.get(group) ?? 1) - 1
    count--
    if (left === 0) running.delete(group)
    else running.set(group, left)
    for (const waiter of waiting) {
      if (count >= total) return
      if (hasRoom(waiter.group)) waiter.start()
    }
  }
}
