import { isObject, isText } from '@carillon/http'
import type { Grant } from '../credentials.ts'
import type { InboundEvent, InboundMessage } from '../inbound.ts'
import { isChat, toAccount } from './credentials.ts'
import type { Chat, TelegramCredentials } from './credentials.ts'

/** The updates that Carillon reads. The bot receives no others. */
export const allowedUpdates = ['message', 'my_chat_member']

/** The events of an update. Undefined for anything else, which has no id. */
export function readUpdate (update: unknown): InboundMessage | undefined {
  if (!isObject(update) || !Number.isSafeInteger(update['update_id'])) return undefined
  const { update_id: id, message, my_chat_member: member } = update
  const event = eventOfMessage(message) ?? eventOfMember(member)
  return { id: `update ${String(id)}`, events: event === undefined ? [] : [event] }
}

/** `/start CODE`, as the link sends it. In a group, the name of the bot follows the command. */
function eventOfMessage (message: unknown): InboundEvent | undefined {
  if (!isObject(message) || !isChat(message['chat']) || !isText(message['text'])) return undefined
  const code = /^\/start(?:@\w+)? ([\w-]{1,64})$/.exec(message['text'])?.[1]
  return code === undefined ? undefined : { kind: 'linkOpened', code, grant: toGrant(message['chat']) }
}

/** A user blocked or unblocked the bot, or the bot was removed from a group. */
function eventOfMember (member: unknown): InboundEvent | undefined {
  if (!isObject(member) || !isChat(member['chat']) || !isObject(member['new_chat_member'])) return undefined
  const { chat, new_chat_member: { status } } = member
  if (status === 'member' && chat.type === 'private') return { kind: 'targetReturned', grant: toGrant(chat), reason: blockedReason }
  if (status !== 'kicked' && status !== 'left') return undefined
  const reason = chat.type === 'private' ? blockedReason : 'the bot was removed from the chat'
  return { kind: 'targetGone', accountId: String(chat.id), reason }
}

/** The reason of a connection whose user blocked the bot. */
export const blockedReason = 'the user blocked the bot'

function toGrant (chat: Chat): Grant<TelegramCredentials> {
  return { credentials: { chatId: String(chat.id) }, account: toAccount(chat) }
}
