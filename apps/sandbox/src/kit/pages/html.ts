/** HTML that is safe to send: a template escapes every value that is not Html itself. */
export class Html {
  readonly text: string

  constructor (text: string) {
    this.text = text
  }
}

export function html (strings: TemplateStringsArray, ...values: Array<string | Html>): Html {
  return new Html(strings.reduce((text, part, index) => text + toText(values[index - 1] ?? '') + part))
}

export function joinHtml (parts: Html[]): Html {
  return new Html(parts.map(({ text }) => text).join(''))
}

function toText (value: string | Html): string {
  return value instanceof Html ? value.text : value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
