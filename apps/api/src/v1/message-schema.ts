import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { InputFault } from '../problems/problem.ts'
import { exactly } from './fields.ts'

const maxFileBytes = 8 * 1024 * 1024

const fileSchema = exactly({
  name: Type.String({ minLength: 1, maxLength: 255, pattern: '^[^\\p{Cc}/\\\\]+$', description: 'Without a path' }),
  type: Type.String({ maxLength: 127, pattern: '^[\\w.+-]+/[\\w.+-]+$', description: 'MIME type' }),
  url: Type.Optional(Type.String({ minLength: 1, maxLength: 2_000, description: 'Fetched when the message is sent; instead of `data`' })),
  data: Type.Optional(Type.String({
    minLength: 1, maxLength: 4 * Math.ceil(maxFileBytes / 3), description: 'base64, at most 8 MiB decoded; instead of `url`'
  }))
})

export const messageSchema = exactly({
  type: Type.Enum(['note', 'link', 'file'], {
    description: 'A `note` needs a title or a body, a `link` a url, a `file` a file'
  }),
  title: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
  body: Type.Optional(Type.String({ minLength: 1, maxLength: 10_000 })),
  url: Type.Optional(Type.String({ minLength: 1, maxLength: 2_000, description: 'http or https; for a link' })),
  file: Type.Optional(fileSchema),
  level: Type.Optional(Type.Enum(['info', 'success', 'warning', 'error']))
})

/** As it is given back: the bytes of a file are not. */
export const shownMessageSchema = Type.Object({
  ...messageSchema.properties,
  file: Type.Optional(Type.Object({ name: Type.String(), type: Type.String(), url: Type.Optional(Type.String()) }))
})

/** What a schema cannot say of a message: which of its fields go together. */
export function messageFaults ({ type, title, body, url, file }: Static<typeof messageSchema>): InputFault[] {
  const faults: InputFault[] = []
  const fault = (path: string, message: string) => faults.push({ path: `message${path}`, message })

  if (type === 'note' && title === undefined && body === undefined) fault('', 'needs a title or a body')
  if (type === 'link' && url === undefined) fault('.url', 'is required for a link')
  if (type === 'file' && file === undefined) fault('.file', 'is required for a file')
  if (type !== 'link' && url !== undefined) fault('.url', `does not go with a ${type}`)
  if (type !== 'file' && file !== undefined) fault('.file', `does not go with a ${type}`)
  if (url !== undefined && !isWebUrl(url)) fault('.url', 'must be an http or https URL')
  if (file !== undefined) {
    if ((file.url === undefined) === (file.data === undefined)) fault('.file', 'needs either a url or data')
    if (file.url !== undefined && !isWebUrl(file.url)) fault('.file.url', 'must be an http or https URL')
    if (file.data !== undefined) for (const message of dataFaults(file.data)) fault('.file.data', message)
  }
  return faults
}

function isWebUrl (text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol)
}

function dataFaults (data: string): string[] {
  if (data.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(data)) return ['must be base64']
  return Buffer.byteLength(data, 'base64') > maxFileBytes ? [`must be at most ${maxFileBytes} bytes when decoded`] : []
}
