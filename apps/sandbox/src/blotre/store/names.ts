/** Blot're's rules for names, tags, colors, addresses and searches. Undefined means that the text is invalid. */

const NAME = /^[ a-zA-Z0-9_\-$]{1,64}$/
const TAG = /^[a-zA-Z0-9_\-$]{1,32}$/
const COLOR = /^#[0-9a-fA-F]{6}$/
const MIN_USER_NAME_LENGTH = 3

export function isColor (text: string): boolean {
  return COLOR.test(text)
}

export function toName (text: string): string | undefined {
  const name = text.trim()
  return NAME.test(name) ? name : undefined
}

export function toUserName (text: string): string | undefined {
  const name = toName(text)
  return name !== undefined && name.length >= MIN_USER_NAME_LENGTH ? name : undefined
}

/** Six hexadecimal digits are not a tag, since a search reads them as a color. */
export function toTag (text: string): string | undefined {
  const tag = text.trim()
  return TAG.test(tag) && !isColor(`#${tag}`) ? tag.toLowerCase() : undefined
}

/** The last segment of the address of a stream with this name. */
export function toSegment (name: string): string {
  return name.toLowerCase().replaceAll(' ', '+')
}

/** Spaces become `+` before and after the decoding, so that `%20` and `+` mean the same stream. */
export function toUri (text: string): string | undefined {
  try {
    const uri = text.trim().replaceAll(' ', '+').toLowerCase().replace(/\/$/, '')
      .split('/').map(decodeURIComponent).join('/').replaceAll(' ', '+')
    return uri === '' ? undefined : uri
  } catch {
    return undefined
  }
}

/** Splits an address into the parent's address and the last segment. A root stream has no parent. */
export function splitUri (uri: string): { parent: string, segment: string } | undefined {
  const slash = uri.lastIndexOf('/')
  if (slash === -1 || slash === uri.length - 1) return undefined
  return { parent: uri.slice(0, slash), segment: uri.slice(slash + 1) }
}

export type Query = { color: string } | { tag: string } | { name: string }

/** A search omits characters that no name has. The rest is a color, a tag, or part of a name. */
export function toQuery (text: string): Query | undefined {
  const query = text.trim().replace(/[^ a-zA-Z0-9_\-$#]/g, '')
  if (query === '') return undefined
  if (isColor(query)) return { color: query.toLowerCase() }
  const tag = query.startsWith('#') ? toTag(query.slice(1)) : undefined
  return tag === undefined ? { name: query.toLowerCase() } : { tag }
}
