import { ProviderError } from '@carillon/http'
import type { Message } from '../message.ts'
import { renderText } from '../render-text.ts'
import type { Rendered } from '../rendered.ts'

/** In UTF-16 code units, which the Bot API counts. */
const maxTextLength = 4_096
const maxCaptionLength = 1_024

const levelSigns: Record<NonNullable<Message['level']>, string> = { info: 'ℹ️', success: '✅', warning: '⚠️', error: '🛑' }

/** A message of Telegram has one text, and buttons below it. The level is a sign before it. */
export function render (message: Message, host: string): Rendered {
  const { type, url, file, image, actions, level, urgency } = message
  if (type === 'link' && url === undefined) throw new ProviderError({ kind: 'rejected', reason: 'a link needs a url' }, host)
  if (type === 'file' && file === undefined) throw new ProviderError({ kind: 'rejected', reason: 'a file message needs a file' }, host)
  const isFile = type === 'file'
  const sign = level === undefined ? '' : `${levelSigns[level]} `
  const { text, shortened, omitted } = renderText(message, {
    inText: ['title', 'body', 'url'],
    // The picture is the preview of a link, which a document does not have.
    beside: ['actions', 'level', 'urgency', ...isFile ? ['file' as const] : ['image' as const]],
    max: (isFile ? maxCaptionLength : maxTextLength) - sign.length
  })
  if (text === undefined && !isFile) throw new ProviderError({ kind: 'rejected', reason: 'the message is empty' }, host)
  return {
    ...text !== undefined && { text: `${sign}${text}` },
    ...isFile && file !== undefined ? { file: { name: file.name, type: file.type } } : { image },
    actions,
    ...urgency === 'low' && { style: { disable_notification: 'true' } },
    shortened,
    omitted
  }
}

/** Where the title is in the text, which is shown in bold. */
export function titleEntities ({ title, level }: Message, text: string): object[] {
  const offset = level === undefined ? 0 : levelSigns[level].length + 1
  const length = Math.min(title?.length ?? 0, text.length - offset)
  return length > 0 ? [{ type: 'bold', offset, length }] : []
}
