import { AsyncLocalStorage } from 'node:async_hooks'

const storage = new AsyncLocalStorage<string | undefined>()

/** Every line that `run` logs, directly or later, contains this id. With null, none contains the id of the caller. */
export function runWithRequestId<Result> (id: string | null, run: () => Result): Result {
  return storage.run(id ?? undefined, run)
}

/** The id of the request that the API is handling, or that the work stems from. */
export function currentRequestId (): string | undefined {
  return storage.getStore()
}
