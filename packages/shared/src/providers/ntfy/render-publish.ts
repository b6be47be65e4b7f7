import { ProviderError } from '@carillon/http'
import type { Message } from '../message.ts'
import { renderText } from '../render-text.ts'
import type { Rendered } from '../rendered.ts'

/** Longer messages become attachments. */
const maxMessageBytes = 4_096
/** Twice the limit of a message, less the members that do not depend on the message. */
const maxRequestBytes = 2 * maxMessageBytes - 400
/** What is left for the text when URLs are long. */
const minTextBytes = 1_000
const maxActions = 3
/** The texts of a file are in the query of its URL, which proxies limit. */
const maxQueryBytes = 3_000

const priorities = { low: '2', normal: '3', high: '4', critical: '5' } as const
/** Names of emoji, which the apps show before the title. */
const tags = { info: undefined, success: 'white_check_mark', warning: 'warning', error: 'rotating_light' } as const

/** What the apps show of a message. Depends only on the message. */
export function renderPublish (message: Message, host: string): Rendered {
  const { type, title, body, url, file, level = 'info', urgency = 'normal' } = message
  if (type === 'link' && url === undefined) throw new ProviderError({ kind: 'rejected', reason: 'a link needs a url' }, host)
  if (type === 'file' && file === undefined) throw new ProviderError({ kind: 'rejected', reason: 'a file message needs a file' }, host)
  const tag = tags[level]
  const style = { priority: priorities[urgency], ...tag !== undefined && { tags: [tag] } }
  const beside = [...url === undefined ? [] : ['url' as const], 'urgency' as const, 'collapseKey' as const,
    ...tag === undefined && message.level !== 'info' ? [] : ['level' as const]]
  // An empty message would be shown as "triggered".
  const isTitleText = (body ?? '') === ''
  const heading = isTitleText ? {} : { title }
  const inText: ReadonlyArray<'title' | 'body' | 'url'> = isTitleText ? title === undefined ? ['url'] : ['title'] : ['body']
  const besideText = isTitleText ? beside : ['title' as const, ...beside]

  if (type === 'file' && file !== undefined) {
    const text = renderText(message, { inText, beside: [...besideText, 'file'], max: maxQueryBytes, measure: queryBytes })
    return { ...heading, url, file: { name: file.name, type: file.type }, style, ...text }
  }
  let { image, actions = [] } = message
  actions = actions.slice(0, maxActions)
  const rest = (): number => jsonBytes({ title: heading.title, url, image, actions })
  while (actions.length > 0 && rest() > maxRequestBytes - minTextBytes) actions = actions.slice(0, -1)
  if (rest() > maxRequestBytes - minTextBytes) image = undefined
  const max = Math.min(maxMessageBytes, maxRequestBytes - rest())
  const seen = [...besideText, ...image === undefined ? [] : ['image' as const], ...actions.length === 0 ? [] : ['actions' as const]]
  const { shortened, ...text } = renderText(message, { inText, beside: seen, max, measure: jsonBytes })
  const isShort = actions.length > 0 && actions.length < (message.actions ?? []).length
  return {
    ...heading, url, image, ...actions.length > 0 && { actions }, style, ...text, shortened: isShort ? [...shortened, 'actions'] : shortened
  }
}

function jsonBytes (value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

function queryBytes (text: string): number {
  return encodeURIComponent(text).length
}
