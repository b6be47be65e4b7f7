import type { FastifyRequest } from 'fastify'
import { isObject } from '../kit/http/parse-object.ts'
import { SlackError } from './slack-error.ts'
import type { Member } from './world.ts'

/** A message as its readers see it. */
export interface Content {
  text: string
  blocks: Block[]
  metadata?: unknown
}

type Block = Record<string, unknown>

/** Shows a message to a member, and returns its time stamp. */
export type Deliver = (request: FastifyRequest, member: Member, content: Content) => string

const MAX_TEXT = 40_000
const MAX_BLOCKS = 50
const MAX_BLOCKS_BYTES = 13_000
const ELEMENTS = ['text', 'link', 'emoji', 'user', 'usergroup', 'channel', 'broadcast', 'date']

/** Reads a message of JSON or a form, whose blocks are JSON in a text. */
export function readContent ({ text, blocks, metadata }: Record<string, unknown>): Content {
  return { text: typeof text === 'string' ? text : '', blocks: readBlocks(blocks), ...metadata !== undefined && { metadata: parse(metadata) } }
}

/** Throws SlackError for a message that Slack refuses. */
export function assertContent ({ text, blocks }: Content): void {
  if (text === '' && blocks.length === 0) throw new SlackError('no_text')
  if (text.length > MAX_TEXT) throw new SlackError('msg_too_long')
  if (blocks.length > MAX_BLOCKS || blocks.some((block) => !isValid(block))) throw new SlackError('invalid_blocks')
  if (Buffer.byteLength(JSON.stringify(blocks)) > MAX_BLOCKS_BYTES) throw new SlackError('msg_blocks_too_long')
}

/** The text as people read it. */
export function unescapeText (text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

/** Whether the message notifies a whole channel. Rich text mentions by an element of its own, and other texts by a sequence. */
export function mentionsEveryone ({ text, blocks }: Content): boolean {
  const texts = blocks.filter(({ type }) => type !== 'rich_text').map((block) => JSON.stringify(block))
  return [text, ...texts].some((each) => /<!(channel|here|everyone)\b/.test(each)) ||
    blocks.some(({ type, elements }) => type === 'rich_text' && JSON.stringify(elements).includes('"type":"broadcast"'))
}

function readBlocks (value: unknown): Block[] {
  const blocks = parse(value ?? [])
  if (Array.isArray(blocks) && blocks.every(isObject)) return blocks
  throw new SlackError('invalid_blocks_format')
}

function parse (value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    throw new SlackError('invalid_arguments')
  }
}

function isValid (block: Block): boolean {
  const { type, text, elements, image_url: imageUrl, alt_text: altText } = block
  switch (type) {
    case 'section': return hasText(text, 3_000)
    case 'header': return hasText(text, 150)
    case 'image': return isText(imageUrl, 3_000) && isText(altText, 2_000)
    case 'actions': return areObjects(elements) && elements.length <= 25
    case 'context': return areObjects(elements) && elements.length <= 10
    case 'rich_text': return areObjects(elements) && elements.every(({ elements: inner }) => areObjects(inner) && inner.length > 0 && inner.every(isElement))
    default: return type === 'divider'
  }
}

function isElement ({ type, text, url }: Block): boolean {
  if (!ELEMENTS.includes(String(type))) return false
  return type === 'text' ? isText(text, 12_000) : type !== 'link' || (isText(url, 3_000) && URL.canParse(url))
}

function hasText (value: unknown, maxLength: number): boolean {
  return isObject(value) && ['mrkdwn', 'plain_text'].includes(String(value.type)) && isText(value.text, maxLength)
}

function isText (value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxLength
}

function areObjects (value: unknown): value is Block[] {
  return Array.isArray(value) && value.every(isObject)
}
