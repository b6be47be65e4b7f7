import { isObject } from '@carillon/http'

/** The text or number at a JSON pointer, as text. Undefined for anything else, and for an empty text. */
export function readTextAt (document: unknown, pointer: string): string | undefined {
  const value = readPointer(document, pointer)
  if (typeof value === 'string' && value !== '') return value
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined
}

/** The value at a JSON pointer (RFC 6901). Undefined when there is none. */
function readPointer (document: unknown, pointer: string): unknown {
  return pointer.split('/').slice(1).map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~')).reduce<unknown>((value, token) => {
    if (Array.isArray(value)) return /^\d{1,9}$/.test(token) ? value[Number(token)] : undefined
    return isObject(value) && Object.hasOwn(value, token) ? value[token] : undefined
  }, document)
}
