/** What Blot're takes for a name, a tag, a colour, an address, a search; undefined is what it does not take. */

const NAME = /^[ a-zA-Z0-9_\-$]{1,64}$/
const TAG = /^[a-zA-Z0-9_\-$]{1,32}$/
const COLOR = /^#[0-9a-fA-F]{6}$/
const SHORTEST_USER_NAME = 3

export function isColor (text: string): boolean {
  return COLOR.test(text)
}

export function toName (text: string): string | undefined {
  const name = text.trim()
  return NAME.test(name) ? name : undefined
}

export function toUserName (text: string): string | undefined {
  const name = toName(text)
  return name !== undefined && name.length >= SHORTEST_USER_NAME ? name : undefined
}

/** Six hexadecimal digits are no tag, for a search could not tell them from a colour. */
export function toTag (text: string): string | undefined {
  const tag = text.trim()
  return TAG.test(tag) && !isColor(`#${tag}`) ? tag.toLowerCase() : undefined
}

/** The last segment of the address of a stream of this name. */
export function toSegment (name: string): string {
  return name.toLowerCase().replaceAll(' ', '+')
}

/** Spaces become `+` before the decoding and after it, so that `%20` and `+` mean the same stream. */
export function toUri (text: string): string | undefined {
  try {
    const uri = text.trim().replaceAll(' ', '+').toLowerCase().replace(/\/$/, '')
      .split('/').map(decodeURIComponent).join('/').replaceAll(' ', '+')
    return uri === '' ? undefined : uri
  } catch {
    return undefined
  }
}

/** The address of the parent and the own segment; a root stream has no parent. */
export function splitUri (uri: string): { parent: string, segment: string } | undefined {
  const slash = uri.lastIndexOf('/')
  if (slash === -1 || slash === uri.length - 1) return undefined
  return { parent: uri.slice(0, slash), segment: uri.slice(slash + 1) }
}

export type Query = { color: string } | { tag: string } | { name: string }

/** Characters that no name has are left out of a search; what is left may be a colour, a tag, or part of a name. */
export function toQuery (text: string): Query | undefined {
  const query = text.trim().replace(/[^ a-zA-Z0-9_\-$#]/g, '')
  if (query === '') return undefined
  if (isColor(query)) return { color: query.toLowerCase() }
  const tag = query.startsWith('#') ? toTag(query.slice(1)) : undefined
  return tag === undefined ? { name: query.toLowerCase() } : { tag }
}
