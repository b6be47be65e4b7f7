/** HTML that is safe to send: what is put into the template is escaped unless it is Html itself. */
export class Html {
  readonly text: string

  constructor (text: string) {
    this.text = text
  }
}

export function html (strings: TemplateStringsArray, ...values: Array<string | Html>): Html {
  return new Html(strings.reduce((text, part, index) => text + toText(values[index - 1] ?? '') + part))
}

function toText (value: string | Html): string {
  return value instanceof Html ? value.text : value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
