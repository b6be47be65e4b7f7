import { html, joinHtml } from '../kit/pages/html.ts'
import type { Html } from '../kit/pages/html.ts'

/** A message as the app shows it: bold parts, links, and buttons below the text. */
export function chatMessage (item: unknown): Html {
  const { text, caption, entities, caption_entities: captionEntities, document, reply_markup: markup } = Object(item)
  const buttons: Array<{ text: string, url: string }> = markup?.inline_keyboard?.flat() ?? []
  return html`<div class="message">
    ${document === undefined ? html`` : html`<p>📎 ${String(document.file_name)}</p>`}
    <p>${formatText(String(text ?? caption ?? ''), entities ?? captionEntities ?? [])}</p>
    ${joinHtml(buttons.map((button) => html`<a class="button" href="${webUrl(button.url)}">${button.text}</a>`))}
  </div>`
}

/** Entities count UTF-16 code units, as strings do. Only bold ones are shown as such. */
function formatText (text: string, entities: Array<{ type: string, offset: number, length: number }>): Html {
  const [bold] = entities.filter(({ type }) => type === 'bold')
  if (bold === undefined) return withLinks(text)
  const end = bold.offset + bold.length
  return html`${withLinks(text.slice(0, bold.offset))}<b>${text.slice(bold.offset, end)}</b>${withLinks(text.slice(end))}`
}

function withLinks (text: string): Html {
  return joinHtml(text.split(/(https?:\/\/\S+)/).map((part, index) => index % 2 === 1 ? html`<a href="${part}">${part}</a>` : html`${part}`))
}

function webUrl (url: unknown): string {
  return typeof url === 'string' && /^https?:/.test(url) ? url : '#'
}
