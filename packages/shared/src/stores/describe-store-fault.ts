import { StoreError } from './store-error.ts'

/** Why a store is not ready, for everybody to read: the store's own words, but no address of ours. */
export function describeStoreFault (variable: 'DATABASE_URL' | 'REDIS_URL', error: unknown): string {
  if (error instanceof StoreError) return error.message
  const isOfServer = error instanceof Error && ('severity' in error || error.name === 'ReplyError')
  return `${variable}: ${isOfServer ? error.message : 'no answer'}.`
}
