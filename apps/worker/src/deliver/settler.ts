/** Gathers items and hands them on in sets: when `most` have come, or `afterMs` after the first of a set. */
export interface Settler<Item> {
  add: (item: Item) => void
  /** Hands on what is left and waits for all of it. Rejects when a flush has. */
  close: () => Promise<void>
}

export function createSettler<Item> (
  flush: (items: Item[]) => Promise<void>, { most, afterMs }: { most: number, afterMs: number }
): Settler<Item> {
  const flushes: Array<Promise<void>> = []
  let items: Item[] = []
  let timer: NodeJS.Timeout | undefined

  function flushNow (): void {
    clearTimeout(timer)
    timer = undefined
    if (items.length === 0) return
    const flushing = flush(items)
    flushing.catch(() => {}) // `close` tells of it
    flushes.push(flushing)
    items = []
  }

  return {
    add: (item) => {
      items.push(item)
      if (items.length >= most) flushNow()
      else timer ??= setTimeout(flushNow, afterMs)
    },
    close: async () => {
      flushNow()
      await Promise.all(flushes)
    }
  }
}
