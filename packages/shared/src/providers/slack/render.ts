import { ProviderError } from '@carillon/http'
import type { Message, MessageAction } from '../message.ts'
import { renderText } from '../render-text.ts'
import { omittedFields } from '../rendered.ts'
import type { Rendered } from '../rendered.ts'

/** Slack refuses blocks of more than about 12 kB in total, and discourages longer texts. */
const maxBlocksBytes = 12_000
const maxTextLength = 4_000

/** Throws ProviderError `rejected` for a file. */
export function render (message: Message, host: string): Rendered {
  if (message.type === 'file') throw new ProviderError({ kind: 'rejected', reason: 'messages with a file are not supported' }, host)
  const { title, url, image } = message
  const links = { title, url, image, actions: fittingActions(message) }
  const isShortened = links.actions.length > 0 && links.actions.length < (message.actions ?? []).length
  const { text, shortened } = renderText(message, {
    inText: ['body'],
    max: 1,
    measure: (text) => Math.max(text.length / maxTextLength, sizeOf({ ...links, text }) / maxBlocksBytes)
  })
  return {
    ...links,
    text,
    shortened: [...shortened, ...isShortened ? ['actions' as const] : []],
    omitted: omittedFields(message, ['title', 'body', 'url', 'image', ...links.actions.length > 0 ? ['actions' as const] : []])
  }
}

/** A message with formatting, and its plain text, which Slack shows in notifications and where it cannot show the blocks. */
export interface Content {
  text: string
  blocks: object[]
}

type Parts = Pick<Rendered, 'title' | 'text' | 'url' | 'image' | 'actions'>

/**
 * The blocks contain texts as rich text elements, which Slack never parses: user text can neither mention anyone nor break the
 * markup. Links stand in place of buttons, which would need a server that receives their clicks.
 */
export function toContent ({ title, text, url, image, actions = [] }: Parts): Content {
  const lines = [
    isPresent(title) ? [{ type: 'text', text: title, style: { bold: true } }] : [],
    isPresent(text) ? withLinks(text) : [],
    isPresent(url) ? [{ type: 'link', url }] : [],
    actions.flatMap(({ title, url }, index) => [...index === 0 ? [] : [{ type: 'text', text: ' · ' }], { type: 'link', url, text: title }])
  ].filter((line) => line.length > 0)
  const elements = lines.flatMap((line, index) => index === 0 ? line : [{ type: 'text', text: '\n' }, ...line])
  return {
    text: escape([title, text, url, ...actions.map(({ title, url }) => `${title}: ${url}`)].filter(isPresent).join('\n')),
    blocks: [
      ...elements.length > 0 ? [{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] }] : [],
      ...isPresent(image) ? [{ type: 'image', image_url: image, alt_text: title ?? 'Picture' }] : []
    ]
  }
}

/** The first actions. They leave space for the text. */
function fittingActions ({ title, url, image, actions = [] }: Message): MessageAction[] {
  const first = (count: number): MessageAction[] => actions.slice(0, count)
  const excess = actions.findIndex((_, index) => sizeOf({ title, url, image, actions: first(index + 1) }) > maxBlocksBytes / 2)
  return excess === -1 ? actions : first(excess)
}

function sizeOf (parts: Parts): number {
  return Buffer.byteLength(JSON.stringify(toContent(parts).blocks))
}

/** Without these characters, a text contains no control sequence such as `<!channel>`. */
function escape (text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** The elements of a text, with its http(s) URLs as links. */
function withLinks (text: string): object[] {
  return text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,:;!?'()])/i).filter((part) => part !== '')
    .map((part) => /^https?:\/\//i.test(part) && URL.canParse(part) ? { type: 'link', url: part } : { type: 'text', text: part })
}

function isPresent (text: string | undefined): text is string {
  return text !== undefined && text !== ''
}
