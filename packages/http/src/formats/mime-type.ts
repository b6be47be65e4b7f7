import { MIMEType } from 'node:util'

/** Unregistered names that are in use, and the registered ones. */
const aliases = new Map([['image/jpg', 'image/jpeg'], ['image/pjpeg', 'image/jpeg'], ['image/x-png', 'image/png']])

/** A MIME type with its parameters, in lower case and under its registered name. Undefined when `text` is not a MIME type. */
export function normalizeMimeType (text: string): string | undefined {
  // The type becomes part of a header.
  if (!/^[\x20-\x7e]+$/.test(text)) return undefined
  try {
    const type = new MIMEType(text)
    const [, subtype = type.subtype] = aliases.get(type.essence)?.split('/') ?? []
    type.subtype = subtype
    return type.toString()
  } catch {
    return undefined
  }
}

/** The type alone, without parameters, such as `image/png`. */
export function mimeEssence (text: string): string {
  const [essence = ''] = (normalizeMimeType(text) ?? '').split(';')
  return essence
}
