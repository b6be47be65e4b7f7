import type { Message, MessageAction } from './message.ts'

/** A part of a message that a provider may show, shorten or leave out. */
export type MessageField = Exclude<keyof Message, 'type'>

/** What the recipient sees of a message, without the markup and escaping of the provider. The preview returns it as it is. */
export interface Rendered {
  title?: string | undefined
  /** All of the text, with the links that the provider can only show in it. */
  text?: string | undefined
  /** What a click on the message opens. */
  url?: string | undefined
  image?: string | undefined
  file?: { name: string, type: string } | undefined
  /** Buttons and named links. */
  actions?: readonly MessageAction[] | undefined
  /** How the message looks, sounds or is sorted, by the provider's own names: `{ color: '#ef4444' }`, `{ priority: '5' }`. */
  style?: Readonly<Record<string, string | readonly string[]>> | undefined
  /** Fields of which the recipient sees only the first part. */
  shortened: readonly MessageField[]
  /** Fields of which the recipient sees nothing. */
  omitted: readonly MessageField[]
}

/** The fields of `message` that are present and not `shown`. */
export function omittedFields (message: Message, visible: readonly MessageField[]): MessageField[] {
  return messageFields.filter((field) => message[field] !== undefined && !visible.includes(field))
}

/** All fields, in the order in which people read a message. */
const messageFields = Object.keys({
  title: true, body: true, url: true, image: true, file: true, actions: true, level: true, urgency: true, collapseKey: true
} satisfies Record<MessageField, true>) as MessageField[]
