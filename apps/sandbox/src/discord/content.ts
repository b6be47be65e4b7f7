import type { FastifyRequest } from 'fastify'
import { isObject, parseObject } from '../kit/http/parse-object.ts'
import { DiscordError, invalidForm } from './discord-error.ts'

/** A message as its readers see it. */
export interface Content {
  title?: string
  text: string
  url?: string
  imageUrl?: string
  color?: string
  flags: string[]
  files: Array<{ name: string, type: string, size: number }>
  mentionsEveryone: boolean
}

type Json = Record<string, unknown>

const MAX_CONTENT = 2_000
const MAX_EMBEDS = 10
const MAX_EMBEDS_TOTAL = 6_000
const MAX_FILE_BYTES = 10 * 1024 * 1024
const EMBED_LIMITS = { title: 256, description: 4_096 } as const
/** The flags that a webhook and a bot may set. */
const FLAGS: Record<string, number> = { SUPPRESS_EMBEDS: 1 << 2, SUPPRESS_NOTIFICATIONS: 1 << 12 }

/** Reads JSON, or a form with JSON in `payload_json` and files. Throws DiscordError. */
export async function readMessage (request: FastifyRequest): Promise<{ json: Json, content: Content }> {
  const { json, files } = request.isMultipart() ? await readForm(request) : { json: request.body, files: [] }
  if (!isObject(json)) throw new DiscordError(400, 50109, 'The request body contains invalid JSON.')
  return { json, content: toContent(json, files) }
}

async function readForm (request: FastifyRequest): Promise<{ json: unknown, files: Content['files'] }> {
  let json: unknown
  const files: Content['files'] = []
  for await (const part of request.parts({ limits: { fileSize: MAX_FILE_BYTES } })) {
    if (part.type === 'file') {
      const { length } = await part.toBuffer().catch((error: { code?: unknown }) => {
        throw error.code === 'FST_REQ_FILE_TOO_LARGE' ? tooLarge() : error
      })
      files.push({ name: part.filename, type: part.mimetype, size: length })
    } else if (part.fieldname === 'payload_json') json = parseObject(String(part.value))
  }
  return { json, files }
}

function tooLarge (): DiscordError {
  return new DiscordError(413, 40005, 'Request entity too large')
}

/** Throws DiscordError for a message that Discord refuses. */
function toContent (json: Json, files: Content['files']): Content {
  const { content = '', embeds = [], flags = 0, allowed_mentions: allowed } = json
  if (typeof content !== 'string' || content.length > MAX_CONTENT) throw invalidForm({ content: `Must be ${MAX_CONTENT} or fewer in length.` })
  if (!Array.isArray(embeds) || !embeds.every(isObject) || embeds.length > MAX_EMBEDS) throw invalidForm({ embeds: `Must be ${MAX_EMBEDS} or fewer in length.` })
  let total = 0
  for (const embed of embeds) {
    for (const [name, max] of Object.entries(EMBED_LIMITS)) {
      const text = embed[name] ?? ''
      if (typeof text !== 'string' || text.length > max) throw invalidForm({ embeds: `${name} must be ${max} or fewer in length.` })
      total += text.length
    }
    for (const url of [embed['url'], isObject(embed['image']) ? embed['image']['url'] : undefined]) {
      if (url !== undefined && (typeof url !== 'string' || url.length > 2_048 || !/^https?:\/\//i.test(url))) throw invalidForm({ embeds: 'Not a well formed URL.' })
    }
    const { color = 0 } = embed
    if (!Number.isInteger(color) || Number(color) < 0 || Number(color) > 0xffffff) throw invalidForm({ embeds: 'int value should be at most 16777215.' })
  }
  if (total > MAX_EMBEDS_TOTAL) throw invalidForm({ embeds: `Embed size exceeds maximum size of ${MAX_EMBEDS_TOTAL}` })
  if (content === '' && embeds.every(isEmpty) && files.length === 0) throw new DiscordError(400, 50006, 'Cannot send an empty message')
  const [embed = {}] = embeds
  const parses = isObject(allowed) && Array.isArray(allowed['parse']) ? allowed['parse'] : undefined
  return {
    ...typeof embed['title'] === 'string' && { title: toText(embed['title']) },
    text: [content, ...embeds.map(({ description }) => description ?? '')].filter((text) => text !== '').map((text) => toText(String(text))).join('\n'),
    ...typeof embed['url'] === 'string' && { url: embed['url'] },
    ...isObject(embed['image']) && { imageUrl: String(embed['image']['url']) },
    ...typeof embed['color'] === 'number' && { color: `#${embed['color'].toString(16).padStart(6, '0')}` },
    flags: Object.entries(FLAGS).filter(([, bit]) => (Number(flags) & bit) !== 0).map(([name]) => name),
    files,
    // Embeds mention no one.
    mentionsEveryone: /@(everyone|here)\b/.test(content) && (parses === undefined || parses.includes('everyone'))
  }
}

function isEmpty (embed: Json): boolean {
  return [embed['title'], embed['description'], embed['image']].every((part) => part === undefined || part === '')
}

/** The text as people read it, without the backslashes that escape markup and the brackets around URLs. */
function toText (markdown: string): string {
  return markdown.split(/(<https?:\/\/[^\s<>]+>)/i).map((part, index) =>
    index % 2 === 1 ? part.slice(1, -1) : part.replace(/\\([^\s\w]|_)/g, '$1')).join('')
}
