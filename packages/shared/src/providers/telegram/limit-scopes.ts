import type { LimitScope } from '@carillon/http'

/** Two chats that are limited within this time mean that the bot is limited. */
const windowMs = 1_000

/** A response does not say whether it limits the chat or the bot. */
export function createLimitScopes (): { scopeOf: (chatId: string, now: number) => LimitScope } {
  let last: { chatId: string, at: number } | undefined
  return {
    scopeOf: (chatId, now) => {
      const isOfBot = last !== undefined && last.chatId !== chatId && now - last.at < windowMs
      last = { chatId, at: now }
      return isOfBot ? 'app' : 'connection'
    }
  }
}
