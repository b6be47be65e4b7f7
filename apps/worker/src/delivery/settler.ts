/** Gathers items and hands them on in sets: when `most` have come, or `afterMs` after the first of a set. */
export interface Settler<Item> {
  add: (item: Item) => void
  /** Hands on what is left, if only to say that it is the last, and waits for all of it. Rejects when a flush has. */
  close: () => Promise<void>
}

export function createSettler<Item> (
  flush: (items: Item[], isLast: boolean) => Promise<void>, { most, afterMs }: { most: number, afterMs: number }
): Settler<Item> {
  const flushes: Array<Promise<void>> = []
  let items: Item[] = []
  let timer: NodeJS.Timeout | undefined

  function flushNow (isLast: boolean): void {
    clearTimeout(timer)
    timer = undefined
    const flushing = flush(items, isLast)
    flushing.catch(() => {}) // `close` tells of it
    flushes.push(flushing)
    items = []
  }

  return {
    add: (item) => {
      items.push(item)
      if (items.length >= most) flushNow(false)
      else timer ??= setTimeout(() => flushNow(false), afterMs)
    },
    close: async () => {
      // Or it would begin another set while those under way are waited for, and the last would overtake it.
      clearTimeout(timer)
      // What a failed flush held is still to be found: then this is not the end of it.
      const ended = await Promise.allSettled(flushes)
      flushNow(ended.every(({ status }) => status === 'fulfilled'))
      await Promise.all(flushes)
    }
  }
}
