import { sanitizeText } from '@carillon/shared/names'
import { html, truncate } from '@carillon/shared/text'
import type { Html } from '@carillon/shared/text'

export { Html, html } from '@carillon/shared/text'
export type { Content } from '@carillon/shared/text'

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
