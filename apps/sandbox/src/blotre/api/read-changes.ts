import { ApiError } from '../http/blotre-error.ts'
import { createJsonReader, memberOf } from '../http/json-reader.ts'
import type { JsonReader } from '../http/json-reader.ts'
import { isColor, toTag } from '../store/names.ts'
import { MAX_TAGS } from '../store/streams.ts'

export interface NewStream {
  name: string
  uri: string
  color: string | undefined
  tags: string[] | undefined
}

/** These functions throw an ApiError with everything that is wrong. `obj` is Play's name for the whole body. */
export function readNewStream (json: unknown): NewStream {
  const reader = createJsonReader()
  const [status, tags] = [memberOf(json, 'status') ?? undefined, memberOf(json, 'tags') ?? undefined]
  const stream = {
    name: reader.text(json, 'obj', 'name'),
    uri: reader.text(json, 'obj', 'uri'),
    color: status === undefined ? undefined : colorIn(reader, status, 'obj.status'),
    tags: tags === undefined ? undefined : tagsIn(reader, tags, 'obj.tags')
  }
  if (reader.hasFailed()) throw new ApiError(400, 'Could not process request', reader.details())
  return stream
}

export function readColor (json: unknown): string {
  const reader = createJsonReader()
  const color = colorIn(reader, json, 'obj')
  if (reader.hasFailed()) throw new ApiError(400, 'Could not process request', reader.details())
  return color
}

/** Only here, Blot're sends 422, and a full stop after the text. */
export function readTags (json: unknown): string[] {
  const reader = createJsonReader()
  const tags = tagsIn(reader, json, 'obj')
  if (reader.hasFailed()) throw new ApiError(422, 'Could not process request.', reader.details())
  return tags
}

function colorIn (reader: JsonReader, json: unknown, path: string): string {
  return reader.text(json, path, 'color', { accepts: isColor, message: 'Color is not valid.' })
}

function tagsIn (reader: JsonReader, json: unknown, path: string): string[] {
  const rule = { accepts: (text: string) => toTag(text) !== undefined, message: 'Tag is not valid.' }
  const tags = reader.list(json, path).map((item, index) => toTag(reader.text(item, `${path}[${index}]`, 'tag', rule)) ?? '')
  if (reader.hasFailed()) return []
  if (tags.length > MAX_TAGS) reader.fail(path, 'Too many tags.')
  else if (new Set(tags).size < tags.length) reader.fail(path, 'Duplicate tags not allowed.')
  return tags
}
