import { ProviderError } from '@carillon/http'
import { fitText } from '../../text/index.ts'
import type { Message } from '../message.ts'
import { renderText } from '../render-text.ts'
import type { MessageField, Rendered } from '../rendered.ts'

const maxTitleLength = 256
const maxDescriptionLength = 4_096
const colors = { info: '#3b82f6', success: '#22c55e', warning: '#f59e0b', error: '#ef4444' } as const
/** The flag of a message that makes no sound. */
const silentFlag = 'SUPPRESS_NOTIFICATIONS'

/** What Discord shows of a message: an embed, and perhaps a file. Throws ProviderError `rejected`. */
export function render (message: Message, host: string): Rendered {
  const { type, title = '', url, image, file, level, urgency } = message
  if (type === 'link' && url === undefined) throw new ProviderError({ kind: 'rejected', reason: 'a link needs a url' }, host)
  if (type === 'file' && file === undefined) throw new ProviderError({ kind: 'rejected', reason: 'a file message needs a file' }, host)
  const heading = fitText(title, { max: maxTitleLength, measure: markdownLength })
  // Only a title can be a link.
  const hasTitle = heading.text !== ''
  const beside: MessageField[] = [
    ...hasTitle ? ['title' as const, 'url' as const] : [],
    'image', 'level',
    ...type === 'file' ? ['file' as const] : [],
    ...urgency === 'low' ? ['urgency' as const] : []
  ]
  const { text, shortened, omitted } = renderText(message, {
    inText: hasTitle ? ['body', 'actions'] : ['body', 'url', 'actions'], beside, max: maxDescriptionLength, measure: markdownLength
  })
  return {
    ...hasTitle && { title: heading.text, url },
    text,
    image,
    ...type === 'file' && file !== undefined && { file: { name: file.name, type: file.type } },
    ...(level !== undefined || urgency === 'low') && {
      style: { ...level !== undefined && { color: colors[level] }, ...urgency === 'low' && { flags: [silentFlag] } }
    },
    shortened: [...heading.isCut ? ['title' as const] : [], ...shortened],
    omitted
  }
}

/** The members of Discord's message. It mentions no one, whatever the texts contain. */
export function toContent ({ title, text, url, image, style = {} }: Rendered): Record<string, unknown> {
  const { color, flags } = style
  const embed = {
    ...title !== undefined && { title: toMarkdown(title), url },
    ...text !== undefined && { description: toMarkdown(text) },
    ...image !== undefined && { image: { url: image } },
    ...typeof color === 'string' && { color: parseInt(color.slice(1), 16) }
  }
  const hasContent = title !== undefined || text !== undefined || image !== undefined
  return {
    ...hasContent && { embeds: [embed] },
    allowed_mentions: { parse: [] },
    ...flags !== undefined && { flags: 1 << 12 }
  }
}

/** The text with its markup escaped. URLs are in angle brackets, where Discord reads no markup. */
export function toMarkdown (text: string): string {
  return text.split(urls).map((part, index) => index % 2 === 1 && URL.canParse(part) ? `<${part}>` : escape(part)).join('')
}

const urls = /(https?:\/\/[^\s<>"\\]*[^\s<>"\\.,:;!?'()[\]])/i

function escape (text: string): string {
  return text.replace(/[\\*_~`|<>[\]@]/g, '\\$&').replace(/^(\s*)(#|-#|[-+]|\d+\.)(?=\s)/gm, escapeBlock)
}

/** A heading, a small text or a list at the start of a line. */
function escapeBlock (_: string, indent: string, mark: string): string {
  return `${indent}${/^\d/.test(mark) ? `${mark.slice(0, -1)}\\.` : `\\${mark}`}`
}

function markdownLength (text: string): number {
  return toMarkdown(text).length
}
