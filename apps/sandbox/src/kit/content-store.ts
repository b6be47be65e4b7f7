interface Sized {
  content?: Buffer
}

/** Uploads in memory. It deletes the oldest beyond its limits, so that no test fills the memory. */
export interface ContentStore<Item extends Sized> {
  get: (key: string) => Item | undefined
  set: (key: string, item: Item) => void
  reset: () => void
}

const MAX_BYTES = 128 * 1024 * 1024
const MAX_ITEMS = 10_000

export function createContentStore<Item extends Sized> (): ContentStore<Item> {
  const items = new Map<string, Item>()
  let bytes = 0

  function remove (key: string | undefined): void {
    if (key === undefined) return
    bytes -= items.get(key)?.content?.length ?? 0
    items.delete(key)
  }

  return {
    get: (key) => items.get(key),

    set (key, item) {
      // Removed first, so that an item with new content becomes the newest.
      remove(key)
      const size = item.content?.length ?? 0
      while (items.size > 0 && (bytes + size > MAX_BYTES || items.size >= MAX_ITEMS)) remove(items.keys().next().value)
      items.set(key, item)
      bytes += size
    },

    reset () {
      items.clear()
      bytes = 0
    }
  }
}
