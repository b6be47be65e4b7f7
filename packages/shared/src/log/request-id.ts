import { AsyncLocalStorage } from 'node:async_hooks'

interface CurrentRequest {
  id: string | undefined
  ipAddress: string | undefined
}

const storage = new AsyncLocalStorage<CurrentRequest>()

/**
 * Every line that `run` logs, directly or later, contains this id. With null, none contains the id of the caller. `ipAddress` is
 * where the request came from. Before Node.js 24, the first context makes each promise of the process slower, so work without
 * an id has a context only inside of another one.
 */
export function runWithRequestId<Result> (id: string | null, run: () => Result, ipAddress?: string): Result {
  if (id === null && ipAddress === undefined && storage.getStore() === undefined) return run()
  return storage.run({ id: id ?? undefined, ipAddress }, run)
}

/** The id of the request that the API is handling, or that the work stems from. */
export function currentRequestId (): string | undefined {
  return storage.getStore()?.id
}

/** The address of the caller whose request the API is handling. */
export function currentIpAddress (): string | undefined {
  return storage.getStore()?.ipAddress
}
