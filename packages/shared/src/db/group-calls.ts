/** More would make a statement slow. */
const maxPerCall = 500

interface Waiting<Item, Result> {
  item: Item
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

/**
 * A function for one item that calls `run` with many: a single item immediately, and those that arrive during a call together in
 * the next one. `run` returns the results in the order of the items.
 */
export function groupCalls<Item, Result> (run: (items: Item[]) => Promise<Result[]>): (item: Item) => Promise<Result> {
  const waiting: Array<Waiting<Item, Result>> = []
  let running: Promise<void> | undefined

  async function runAll (): Promise<void> {
    // Items of the same turn of the event loop share a call.
    await new Promise(setImmediate)
    while (waiting.length > 0) {
      const group = waiting.splice(0, maxPerCall)
      await run(group.map(({ item }) => item)).then(
        (results) => { for (const [index, { resolve }] of group.entries()) resolve(results[index] as Result) },
        (error: unknown) => { for (const { reject } of group) reject(error) }
      )
    }
    // Runs in the same turn as the check of `waiting`, so a later item starts a new call.
    running = undefined
  }

  return (item) => new Promise((resolve, reject) => {
    waiting.push({ item, resolve, reject })
    running ??= runAll()
  })
}
