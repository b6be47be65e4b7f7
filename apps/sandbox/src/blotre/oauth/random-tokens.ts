import { randomBytes, randomUUID } from 'node:crypto'

/** Base64 of a UUID's text: 48 letters and digits, for a UUID's characters lead to neither `+`, `/` nor `=`. */
export function randomToken (): string {
  return Buffer.from(randomUUID()).toString('base64')
}

/** What a person types off a screen: letters of both cases and digits. */
export function randomCode (length: number): string {
  let code = ''
  while (code.length < length) code += randomBytes(length).toString('base64').replace(/[^a-zA-Z0-9]/g, '')
  return code.slice(0, length)
}
