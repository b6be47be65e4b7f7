/**
 * Does work on one thing at a time, in the order in which it came; different keys do not wait for each other. Only callers
 * in this process take turns. What `work` throws is its caller's alone.
 */
export function createTurns (): <Result>(key: string, work: () => Promise<Result>) => Promise<Result> {
  const latest = new Map<string, Promise<unknown>>()
  return (key, work) => {
    const done = (latest.get(key) ?? Promise.resolve()).then(work)
    const ended = done.catch(() => {}).then(() => {
      if (latest.get(key) === ended) latest.delete(key)
    })
    latest.set(key, ended)
    return done
  }
}
