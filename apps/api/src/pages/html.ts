import { shownName } from '@carillon/shared/names'
import { truncate } from '@carillon/shared/text'

/** Markup that is safe to send. Only `html` makes it. */
export class Html {
  readonly text: string

  constructor (text: string) {
    this.text = text
  }
}

export type Content = string | number | Html | undefined | Content[]

/** A template whose values are escaped, unless they are Html themselves. Attributes have to stand in double quotes. */
export function html (strings: TemplateStringsArray, ...values: Content[]): Html {
  return new Html(strings.map((string, index) => string + textOf(values[index])).join(''))
}

/** Longer texts are cut in pages: what comes after them has to stay in sight. */
const maxShown = 80

/** A text that users or providers chose, such as a name: cut, and isolated so that the text around it reads as written. */
export function foreign (text: string): Html {
  return html`<bdi>${shorten(shownName(text))}</bdi>`
}

/** The same where no markup may stand, such as in a title (UAX #9, isolates). */
export function foreignText (text: string): string {
  return `\u2068${shorten(shownName(text))}\u2069`
}

function shorten (text: string): string {
  const start = truncate(text, maxShown)
  return start === text ? text : `${start.trimEnd()}…`
}

function textOf (content: Content): string {
  if (content === undefined) return ''
  if (content instanceof Html) return content.text
  if (Array.isArray(content)) return content.map(textOf).join('')
  return String(content).replace(/[&<>"']/g, (character) => entities[character] ?? '')
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
