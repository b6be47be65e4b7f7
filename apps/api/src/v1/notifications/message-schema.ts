import { Type } from 'typebox'
import type { Static } from 'typebox'
import { normalizeMimeType, readWebUrl } from '@carillon/http'
import type { Message } from '@carillon/shared/providers'
import type { InputError } from '../../problems/problem.ts'
import { exactly } from '../fields.ts'

const maxFileBytes = 8 * 1024 * 1024

const fileSchema = exactly({
  name: Type.String({ minLength: 1, maxLength: 255, description: 'Without a path' }),
  type: Type.String({ minLength: 1, maxLength: 255, description: 'MIME type, such as `image/png` or `text/plain; charset=utf-8`' }),
  url: Type.Optional(Type.String({ minLength: 1, maxLength: 2_000, description: 'Fetched when the message is sent. Instead of `data`' })),
  data: Type.Optional(Type.String({
    minLength: 1, maxLength: 4 * Math.ceil(maxFileBytes / 3), description: 'Base64, at most 8 MiB when decoded. Instead of `url`'
  }))
})

export const messageSchema = exactly({
  type: Type.Enum(['note', 'link', 'file'], {
    description: 'A `note` needs a title or a body, a `link` a url, a `file` a file'
  }),
  title: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
  body: Type.Optional(Type.String({ minLength: 1, maxLength: 10_000 })),
  url: Type.Optional(Type.String({ minLength: 1, maxLength: 2_000, description: 'For a `link`: an http or https URL' })),
  file: Type.Optional(fileSchema),
  level: Type.Optional(Type.Enum(['info', 'success', 'warning', 'error']))
})

/** A message in a response, without the bytes of a file. */
export const messageResponse = Type.Object({
  ...messageSchema.properties,
  file: Type.Optional(Type.Object({ name: Type.String(), type: Type.String(), url: Type.Optional(Type.String()) }))
})

/** Errors that the schema cannot express: which fields of a message belong together. */
export function messageErrors ({ type, title, body, url, file }: Static<typeof messageSchema>): InputError[] {
  const faults: InputError[] = []
  const fault = (path: string, message: string) => faults.push({ path: `message${path}`, message })

  if (type === 'note' && title === undefined && body === undefined) fault('', 'needs a title or a body')
  if (type === 'link' && url === undefined) fault('.url', 'is required for a link')
  if (type === 'file' && file === undefined) fault('.file', 'is required for a file')
  if (type !== 'link' && url !== undefined) fault('.url', `is not allowed for a ${type}`)
  if (type !== 'file' && file !== undefined) fault('.file', `is not allowed for a ${type}`)
  if (url !== undefined) for (const message of urlErrors(url)) fault('.url', message)
  if (file !== undefined) {
    if (/[\p{Cc}/\\]/u.test(file.name)) fault('.file.name', 'must be a name without a path: no /, no \\ and no control characters')
    if (normalizeMimeType(file.type) === undefined) fault('.file.type', 'must be a MIME type, such as image/png or text/plain; charset=utf-8')
    if ((file.url === undefined) === (file.data === undefined)) fault('.file', 'needs either a url or data')
    if (file.url !== undefined) for (const message of urlErrors(file.url)) fault('.file.url', message)
    if (file.data !== undefined) for (const message of dataErrors(file.data)) fault('.file.data', message)
  }
  return faults
}

/** A valid message as it is stored and sent, with the URLs and the MIME type that were validated. */
export function normalizeMessage (message: Static<typeof messageSchema>): Message {
  const { url, file } = message
  const normalized = {
    ...message,
    ...url === undefined ? {} : { url: normalizeUrl(url) },
    ...file === undefined ? {} : { file: normalizeFile(file) }
  }
  // messageErrors has checked that the fields belong together.
  return normalized as Message
}

function normalizeFile (file: Static<typeof fileSchema>): Static<typeof fileSchema> {
  const type = normalizeMimeType(file.type) ?? file.type
  return { ...file, type, ...file.url === undefined ? {} : { url: normalizeUrl(file.url) } }
}

function normalizeUrl (text: string): string {
  const read = readWebUrl(text)
  if ('fault' in read) throw new Error('An invalid URL was not refused')
  return read.url
}

function urlErrors (text: string): string[] {
  const read = readWebUrl(text)
  return 'fault' in read ? [read.fault] : []
}

function dataErrors (data: string): string[] {
  if (data.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(data)) return ['must be base64']
  return Buffer.byteLength(data, 'base64') > maxFileBytes ? [`must be at most ${maxFileBytes} bytes when decoded`] : []
}
