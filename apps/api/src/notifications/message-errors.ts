import { normalizeMimeType, readWebUrl } from '@carillon/http'
import type { InputError } from '../problems/problem.ts'
import { maxFileBytes } from './notification-input.ts'
import type { MessageInput } from './notification-input.ts'

/** Errors that the schema cannot express: which fields of a message belong together. */
export function messageErrors ({ type, title, body, url, file, image, actions = [], collapseKey }: MessageInput): InputError[] {
  const errors: InputError[] = []
  const add = (path: string, message: string) => errors.push({ path: `message${path}`, message })

  if (type === 'note' && title === undefined && body === undefined) add('', 'needs a title or a body')
  if (type === 'link' && url === undefined) add('.url', 'is required for a link')
  if (type === 'file' && file === undefined) add('.file', 'is required for a file')
  if (type !== 'link' && url !== undefined) add('.url', `is not allowed for a ${type}`)
  if (type !== 'file' && file !== undefined) add('.file', `is not allowed for a ${type}`)
  if (url !== undefined) for (const message of urlErrors(url)) add('.url', message)
  if (file !== undefined) {
    if (/[\p{Cc}/\\]/u.test(file.name)) add('.file.name', 'must be a name without a path: no /, no \\ and no control characters')
    if (normalizeMimeType(file.type) === undefined) add('.file.type', 'must be a MIME type, such as image/png or text/plain; charset=utf-8')
    if ((file.url === undefined) === (file.data === undefined)) add('.file', 'needs either a url or data')
    if (file.url !== undefined) for (const message of urlErrors(file.url)) add('.file.url', message)
    if (file.data !== undefined) for (const message of dataErrors(file.data)) add('.file.data', message)
  }
  if (image !== undefined) for (const message of imageErrors(image)) add('.image', message)
  for (const [index, action] of actions.entries()) {
    if (/\p{Cc}/u.test(action.title)) add(`.actions.${index}.title`, 'must be one line without control characters')
    for (const message of urlErrors(action.url)) add(`.actions.${index}.url`, message)
  }
  if (collapseKey !== undefined && /\p{Cc}/u.test(collapseKey)) add('.collapseKey', 'must not contain control characters')
  return errors
}

function urlErrors (text: string): string[] {
  const read = readWebUrl(text)
  return 'fault' in read ? [read.fault] : []
}

/** Clients show pictures beside other secure content, and block those that they would load through plain http. */
function imageErrors (text: string): string[] {
  const read = readWebUrl(text)
  if ('fault' in read) return [read.fault]
  return read.url.startsWith('https:') ? [] : ['must start with https://']
}

function dataErrors (data: string): string[] {
  if (data.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(data)) return ['must be base64']
  return Buffer.byteLength(data, 'base64') > maxFileBytes ? [`must be at most ${maxFileBytes} bytes when decoded`] : []
}
