import { sanitizeText } from '@carillon/shared/names'
import { truncate } from '@carillon/shared/text'

/** Markup that is safe to send. Only `html` creates it. */
export class Html {
  readonly text: string

  constructor (text: string) {
    this.text = text
  }
}

export type Content = string | number | Html | undefined | Content[]

/** A template that escapes its values, unless they are Html. Attributes must be in double quotes. */
export function html (strings: TemplateStringsArray, ...values: Content[]): Html {
  return new Html(strings.map((string, index) => string + textOf(values[index])).join(''))
}

/** Pages truncate longer texts, so that the text after them stays visible. */
const maxForeignLength = 80

/** A text that users or providers chose: truncated, and isolated so that it cannot change how the text around it reads. */
export function foreign (text: string): Html {
  return html`<bdi>${shorten(sanitizeText(text))}</bdi>`
}

/** The same without markup, for titles (UAX #9, isolates). */
export function foreignText (text: string): string {
  return `\u2068${shorten(sanitizeText(text))}\u2069`
}

function shorten (text: string): string {
  const start = truncate(text, maxForeignLength)
  return start === text ? text : `${start.trimEnd()}…`
}

function textOf (content: Content): string {
  if (content === undefined) return ''
  if (content instanceof Html) return content.text
  if (Array.isArray(content)) return content.map(textOf).join('')
  return String(content).replace(/[&<>"']/g, (character) => entities[character] ?? '')
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
