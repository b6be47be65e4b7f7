import { isObject, ProviderError } from '@carillon/http'
import type { Account, Credentials } from '../credentials.ts'

/** The chat that the bot writes to. The bot's token belongs to the deployment. */
export interface TelegramCredentials extends Credentials {
  /** Exceeds 32 bits, and is negative for groups. */
  chatId: string
}

/** A chat as the Bot API describes it. */
export interface Chat {
  id: number
  type?: string
  title?: string
  username?: string
  first_name?: string
  last_name?: string
}

/** Throws ProviderError `malformed` for anything but a chat id. */
export function parseCredentials (value: unknown, host: string): TelegramCredentials {
  const chatId = isObject(value) ? value['chatId'] : undefined
  if (typeof chatId !== 'string' || !/^-?\d{1,20}$/.test(chatId)) {
    throw new ProviderError({ kind: 'malformed', reason: 'credentials have no chat id' }, host)
  }
  return { chatId }
}

/** `@username` where there is one, because users know each other by it. */
export function toAccount ({ id, title, username, first_name: first, last_name: last }: Chat): Account {
  const fullName = [first, last].filter((name) => name !== undefined && name !== '').join(' ')
  const name = title ?? (username === undefined || username === '' ? fullName : `@${username}`)
  return { id: String(id), name: name === '' ? String(id) : name }
}

export function isChat (value: unknown): value is Chat {
  return isObject(value) && Number.isSafeInteger(value['id']) &&
    ['title', 'username', 'first_name', 'last_name'].every((name) => value[name] === undefined || typeof value[name] === 'string')
}
