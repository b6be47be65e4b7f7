/** Runs `work` for every item in order, at most `limit` at a time. `work` must not reject. */
export async function forEachBounded<Item> (items: Item[], limit: number, work: (item: Item) => Promise<void>): Promise<void> {
  const queue = items.values()
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, async () => {
    for (const item of queue) await work(item)
  }))
}
