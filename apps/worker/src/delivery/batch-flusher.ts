/** Flushes items in sets: when a set has `maxItems`, or `afterMs` after its first item. */
export interface BatchFlusher<Item> {
  add: (item: Item) => void
  /** Flushes the last set, which may be empty, and waits for all sets. Rejects when a flush rejected. */
  close: () => Promise<void>
}

export function createBatchFlusher<Item> (
  flush: (items: Item[], isLast: boolean) => Promise<void>, { maxItems, afterMs }: { maxItems: number, afterMs: number }
): BatchFlusher<Item> {
  const flushes: Array<Promise<void>> = []
  let items: Item[] = []
  let timer: NodeJS.Timeout | undefined

  function flushNow (isLast: boolean): void {
    clearTimeout(timer)
    timer = undefined
    const flushing = flush(items, isLast)
    flushing.catch(() => {}) // `close` rejects with it
    flushes.push(flushing)
    items = []
  }

  return {
    add: (item) => {
      items.push(item)
      if (items.length >= maxItems) flushNow(false)
      else timer ??= setTimeout(() => flushNow(false), afterMs)
    },
    close: async () => {
      // Otherwise the timer would start another set during the wait below, and the last set would overtake it.
      clearTimeout(timer)
      // The items of a failed flush are not stored, so the last set must not end the claim.
      const ended = await Promise.allSettled(flushes)
      flushNow(ended.every(({ status }) => status === 'fulfilled'))
      await Promise.all(flushes)
    }
  }
}
