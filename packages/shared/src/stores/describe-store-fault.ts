import { StoreError } from './store-error.ts'

/** Why a store is not ready, for everybody to read: the store's own words, without the hosts and users that PostgreSQL names. */
export function describeStoreFault (variable: 'DATABASE_URL' | 'REDIS_URL', error: unknown): string {
  if (error instanceof StoreError) return withoutNames(error.message)
  const isOfServer = error instanceof Error && ('severity' in error || error.name === 'ReplyError')
  return `${variable}: ${isOfServer ? withoutNames(error.message) : 'no answer'}.`
}

function withoutNames (message: string): string {
  return message.replace(/\b(host|user|role|database) "[^"]*"/g, '$1 "…"')
}
