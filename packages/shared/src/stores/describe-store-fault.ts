import { StoreError } from './store-error.ts'

/** Describes why a store is not ready, in a public text: the store's message without the host and user names of PostgreSQL. */
export function describeStoreFault (variable: 'DATABASE_URL' | 'REDIS_URL', error: unknown): string {
  if (error instanceof StoreError) return withoutNames(error.message)
  const isOfServer = error instanceof Error && ('severity' in error || error.name === 'ReplyError')
  return `${variable}: ${isOfServer ? withoutNames(error.message) : 'no answer'}.`
}

function withoutNames (message: string): string {
  return message.replace(/\b(host|user|role|database) "[^"]*"/g, '$1 "…"')
}
