import { ProviderError } from '@carillon/http'
import type { Message } from '../message.ts'
import { renderText } from '../render-text.ts'
import type { MessageField, Rendered } from '../rendered.ts'

/** The specification recommends less than 20 kB, with the members that do not depend on the message. */
const maxContentBytes = 19_000
/** What is left for the text when URLs are long. */
const minTextBytes = 8_000

/** The content of a message as the endpoint gets it. Depends only on the message. */
export function render (message: Message): Rendered {
  const { type, title, url, level, urgency, collapseKey, file } = message
  if (type === 'link' && url === undefined) throw rejected('a link needs a url')
  if (type === 'file' || file !== undefined) throw rejected('a webhook request cannot contain a file')
  let { image, actions = [] } = message
  const rest = (): number => jsonBytes({ title, url, image, actions, level, urgency, collapseKey })
  while (actions.length > 0 && rest() > maxContentBytes - minTextBytes) actions = actions.slice(0, -1)
  if (rest() > maxContentBytes - minTextBytes) image = undefined

  const beside: MessageField[] = ['title', 'url', 'level', 'urgency', 'collapseKey']
  if (image !== undefined) beside.push('image')
  if (actions.length > 0) beside.push('actions')
  const { shortened, ...text } = renderText(message, { inText: ['body'], beside, max: maxContentBytes - rest(), measure: jsonBytes })
  const isShort = actions.length > 0 && actions.length < (message.actions ?? []).length
  const style = {
    ...level !== undefined && { level }, ...urgency !== undefined && { urgency }, ...collapseKey !== undefined && { collapseKey }
  }
  return {
    title, url, image, ...actions.length > 0 && { actions }, style, ...text, shortened: isShort ? [...shortened, 'actions'] : shortened
  }
}

function jsonBytes (value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

function rejected (reason: string): ProviderError {
  return new ProviderError({ kind: 'rejected', reason }, 'endpoint')
}
