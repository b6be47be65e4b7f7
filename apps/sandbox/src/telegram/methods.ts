import type { FastifyRequest } from 'fastify'
import { recordRequest } from '../kit/http/recorded-request.ts'
import type { Inbox } from '../kit/inbox.ts'
import type { UserStore } from '../kit/user-store.ts'
import { BotError } from './bot-error.ts'
import { BOT, chatOf } from './bot.ts'
import type { Person } from './bot.ts'
import type { Updates } from './updates.ts'

export type Fields = Readonly<Record<string, unknown>>
export type Method = (fields: Fields, request: FastifyRequest) => object | boolean | Promise<object | boolean>

const MAX_TEXT = 4_096
const MAX_CAPTION = 1_024

/** The methods that Carillon and common libraries use, by their names in lower case. */
export function createMethods (
  { people, inbox, updates, nowMs }: { people: UserStore<Person>, inbox: Inbox, updates: Updates, nowMs: () => number }
): Record<string, Method> {
  let messageId = 1_000

  return {
    getme: () => ({ ...BOT, can_join_groups: true, can_read_all_group_messages: false, supports_inline_queries: false }),
    getchat: (fields) => chatOf(personOf(fields, false)),
    sendchataction: (fields) => personOf(fields) !== undefined,
    sendmessage: (fields, request) => deliver(fields, request, { text: textOf(fields, 'text', MAX_TEXT, true) }),
    senddocument: (fields, request) => {
      const given = fields['document']
      // A file may be another part of the form, which the field names.
      const document = typeof given === 'string' && given.startsWith('attach://') ? fields[given.slice('attach://'.length)] : given
      if (document === undefined || document === '') throw new BotError(400, 'Bad Request: there is no document in the request')
      return deliver(fields, request, { document, caption: textOf(fields, 'caption', MAX_CAPTION) })
    },
    getupdates: async (fields, request) => {
      allow(fields)
      return await updates.poll({
        offset: Number(fields['offset'] ?? 0),
        limit: Math.min(Number(fields['limit'] ?? 100), 100),
        seconds: Math.min(Number(fields['timeout'] ?? 0), 50),
        socket: request.raw.socket
      })
    },
    setwebhook: (fields) => {
      const { url, secret_token: secret } = fields
      allow(fields)
      dropPending(fields)
      updates.webhook = typeof url === 'string' && url !== '' ? { url, secret: typeof secret === 'string' ? secret : undefined } : undefined
      return true
    },
    deletewebhook: (fields) => {
      dropPending(fields)
      updates.webhook = undefined
      return true
    },
    getwebhookinfo: () => ({ url: updates.webhook?.url ?? '', has_custom_certificate: false, pending_update_count: updates.pending() })
  }

  /** A call that names no kinds keeps those of the call before. */
  function allow (fields: Fields): void {
    const { allowed_updates: kinds } = optional(fields, 'allowed_updates')
    if (Array.isArray(kinds)) updates.allow(kinds)
  }

  function dropPending ({ drop_pending_updates: drops }: Fields): void {
    if (drops === true || drops === 'true') updates.drop()
  }

  /** Throws what Telegram reports when the bot cannot write to the chat. */
  function personOf (fields: Fields, mustReceive = true): Person {
    const id = Number(fields['chat_id'])
    const person = people.byId(String(id)) ?? [...people.all()].find(({ newChatId }) => newChatId === id)
    if (person === undefined) throw new BotError(400, 'Bad Request: chat not found')
    if (person.newChatId !== undefined && person.newChatId !== id) {
      throw new BotError(400, 'Bad Request: group chat was upgraded to a supergroup chat', { migrate_to_chat_id: person.newChatId })
    }
    if (!mustReceive) return person
    if (person.state === 'deleted') throw new BotError(403, 'Forbidden: user is deactivated')
    if (person.state === 'blocked') throw new BotError(403, 'Forbidden: bot was blocked by the user')
    if (!person.hasStarted) throw new BotError(403, "Forbidden: bot can't initiate conversation with a user")
    return person
  }

  function deliver (fields: Fields, request: FastifyRequest, content: Record<string, unknown>): object {
    const person = personOf(fields)
    const message = {
      message_id: messageId++,
      date: Math.floor(nowMs() / 1_000),
      chat: chatOf(person),
      from: BOT,
      ...content,
      ...optional(fields, 'entities', 'caption_entities', 'reply_markup', 'link_preview_options')
    }
    const { path, ...recorded } = recordRequest(request)
    // The token is part of the path.
    inbox.add('telegram', person.account, { ...recorded, path: path.replace(/bot[^/]+/, 'bot[redacted]'), body: fields }, {
      ...message, silent: fields['disable_notification'] === true || fields['disable_notification'] === 'true'
    })
    return message
  }
}

function textOf (fields: Fields, name: string, max: number, isRequired = false): string {
  // Forms end lines with CRLF, and the Bot API removes carriage returns.
  const text = typeof fields[name] === 'string' ? fields[name].replaceAll('\r', '').trim() : ''
  if (isRequired && text === '') throw new BotError(400, 'Bad Request: message text is empty')
  if (text.length > max) throw new BotError(400, name === 'text' ? 'Bad Request: message is too long' : 'Bad Request: message caption is too long')
  if (String(fields['parse_mode'] ?? '').toLowerCase() !== 'html') return text
  assertBalanced(text)
  return text.replace(/<[^>]*>/g, '').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

function assertBalanced (text: string): void {
  const open: string[] = []
  for (const [, end, name = ''] of text.matchAll(/<(\/?)([\w-]*)[^>]*>/g)) {
    if (end === '') open.push(name)
    else if (open.pop() !== name) throw new BotError(400, "Bad Request: can't parse entities: unexpected end tag")
  }
  if (open.length > 0) throw new BotError(400, `Bad Request: can't parse entities: Can't find end tag corresponding to start tag "${open.at(-1) ?? ''}"`)
}

/** Fields that hold JSON, which forms send as text. */
function optional (fields: Fields, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.flatMap((name) => {
    const value = fields[name]
    if (value === undefined) return []
    return [[name, typeof value === 'string' ? JSON.parse(value) : value]]
  }))
}
