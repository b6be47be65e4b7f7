import type { EventEmitter } from 'node:events'
import { BotError } from './bot-error.ts'
import { BOT, chatOf } from './bot.ts'
import type { Person } from './bot.ts'

interface Webhook {
  url: string
  secret: string | undefined
}

/** What happens in the chats of the bot: it waits for a program that asks, or goes to the webhook. */
export interface Updates {
  started: (person: Person, code: string | undefined) => Promise<void>
  /** The user has blocked or unblocked the bot. */
  changed: (person: Person, status: 'member' | 'kicked') => Promise<void>
  /** The updates from `offset` on, once there are some or `seconds` have passed. A second caller ends the first. */
  poll: (input: { offset: number, limit: number, seconds: number, socket: EventEmitter }) => Promise<object[]>
  webhook: Webhook | undefined
  /** The kinds that the bot receives from now on. An empty list means all. */
  allow: (kinds: readonly string[]) => void
  pending: () => number
  /** Forgets the updates that wait. */
  drop: () => void
  /** Ends the call that waits. */
  release: () => void
  reset: () => void
}

type Update = { update_id: number } & Record<string, unknown>

const MAX_AHEAD = 10
const WEBHOOK_TRIES = 5
const RETRY_MS = 200

export function createUpdates (nowMs: () => number): Updates {
  let waiting: Update[] = []
  // Ids go up, even after a restart of the sandbox, because clients remember the last one.
  let nextId = Math.floor(nowMs() / 1_000)
  let messageId = 1
  let allowed: readonly string[] = []
  let poller: { wake: () => void, end: () => void } | undefined

  const self: Updates = {
    webhook: undefined,

    async started (person, code) {
      const text = code === undefined ? '/start' : `/start ${code}`
      const from = { id: person.id, is_bot: false, first_name: person.account, username: person.account }
      await add({ message: { message_id: messageId++, date: seconds(), chat: chatOf(person), from, text, entities: [{ type: 'bot_command', offset: 0, length: 6 }] } })
    },

    async changed (person, status) {
      const old = status === 'kicked' ? 'member' : 'kicked'
      await add({
        my_chat_member: {
          chat: chatOf(person),
          from: { id: person.id, is_bot: false, first_name: person.account },
          date: seconds(),
          old_chat_member: { user: BOT, status: old },
          new_chat_member: { user: BOT, status }
        }
      })
    },

    async poll ({ offset, limit, seconds, socket }) {
      if (self.webhook !== undefined) {
        throw new BotError(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
      }
      poller?.end()
      // An offset that lies in the future belongs to another bot or server. The Bot API then returns all updates.
      if (offset <= nextId + MAX_AHEAD) waiting = waiting.filter(({ update_id: id }) => id >= offset)
      if (waiting.length === 0 && seconds > 0) await waitForUpdate(seconds, socket)
      return waiting.slice(0, limit)
    },

    allow (kinds) { allowed = kinds },
    pending: () => waiting.length,
    drop () { waiting = [] },
    release () { poller?.wake() },

    reset () {
      self.release()
      self.drop()
      self.allow([])
      self.webhook = undefined
    }
  }
  return self

  function seconds (): number {
    return Math.floor(nowMs() / 1_000)
  }

  async function add (content: Record<string, unknown>): Promise<void> {
    if (allowed.length > 0 && !Object.keys(content).some((kind) => allowed.includes(kind))) return
    const update = { update_id: nextId++, ...content }
    if (self.webhook !== undefined) return await send(update, self.webhook)
    waiting.push(update)
    poller?.wake()
  }

  async function waitForUpdate (seconds: number, socket: EventEmitter): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const finish = (settle: () => void) => (): void => {
        clearTimeout(timer)
        socket.off('close', own.wake)
        if (poller === own) poller = undefined
        settle()
      }
      const conflict = new BotError(409, 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running')
      const own = { wake: finish(resolve), end: finish(() => { reject(conflict) }) }
      const timer = setTimeout(own.wake, seconds * 1_000)
      socket.once('close', own.wake)
      poller = own
    })
  }

  async function send (update: Update, { url, secret }: Webhook): Promise<void> {
    const headers = { 'content-type': 'application/json', ...secret !== undefined && { 'x-telegram-bot-api-secret-token': secret } }
    for (let attempt = 1; attempt <= WEBHOOK_TRIES; attempt++) {
      const status = await fetch(url, { method: 'POST', headers, body: JSON.stringify(update) }).then((response) => response.status, () => 0)
      if (status >= 200 && status < 300) return
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS * attempt))
    }
    waiting.push(update)
  }
}
