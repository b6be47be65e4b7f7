/**
 * Runs work for one key at a time, in order. Other keys do not wait. This applies only to callers in this process. Each caller
 * receives only its own errors.
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
