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

function textOf (content: Content): string {
  if (content === undefined) return ''
  if (content instanceof Html) return content.text
  if (Array.isArray(content)) return content.map(textOf).join('')
  return String(content).replace(/[&<>"']/g, (character) => entities[character] ?? '')
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
