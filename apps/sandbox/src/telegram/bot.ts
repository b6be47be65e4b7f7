import { createHash } from 'node:crypto'

/** The sandbox's only bot. */
export const BOT = { id: 100_200_300, username: 'carillon_sandbox_bot', first_name: 'Carillon', is_bot: true } as const
export const TOKEN = `${BOT.id}:sandbox-token-of-the-only-bot-000000`

/** A user of the simulated service. The private chat with a user has the user's id. */
export interface Person {
  readonly account: string
  readonly id: number
  /** Whether the user has pressed Start. A bot cannot begin a chat. */
  hasStarted: boolean
  state: 'active' | 'blocked' | 'deleted'
  /** The id of the supergroup that has replaced the chat, as it happens to groups. */
  newChatId: number | undefined
}

/** Beyond 32 bits, as real ids may be. */
const FIRST_ID = 5_000_000_000
const HASH_DIGITS = 12
/** Ids of supergroups begin with -100. */
const MIGRATED = -1_000_000_000_000
const GROUPS = 10_000_000_000

/** An account has the same id after a restart of the sandbox, because clients store it. */
export function createPerson (account: string): Person {
  const hash = parseInt(createHash('sha256').update(account).digest('hex').slice(0, HASH_DIGITS), 16)
  return { account, id: FIRST_ID + hash, hasStarted: false, state: 'active', newChatId: undefined }
}

export function migratedId ({ id }: Person): number {
  return MIGRATED - id % GROUPS
}

export function chatOf ({ account, id, newChatId }: Person): object {
  if (newChatId !== undefined) return { id: newChatId, type: 'supergroup', title: account }
  return { id, type: 'private', username: account, first_name: account }
}
