import { randomBytes, randomUUID } from 'node:crypto'

/** Base64 of a UUID's text: 48 letters and digits. */
export function randomToken (): string {
  return Buffer.from(randomUUID()).toString('base64')
}

/** A code that a person types: letters of both cases and digits. */
export function randomCode (length: number): string {
  let code = ''
  while (code.length < length) code += randomBytes(length).toString('base64').replace(/[^a-zA-Z0-9]/g, '')
  return code.slice(0, length)
}
