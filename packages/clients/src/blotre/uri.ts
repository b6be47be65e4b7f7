/**
 * A stream's URI in the format of Blot're's server: trimmed, with `+` for each space, in lower case, without a trailing slash,
 * percent-decoded. Other libraries differ: blotre-py encodes other letters, and blotre-js encodes a space as `%20`, which
 * matches no URI on the server. Throws TypeError for an empty or malformed URI.
 */
export function normalizeUri (uri: string): string {
  const normal = decode(uri.trim().replaceAll(' ', '+').toLowerCase().replace(/\/$/, ''))
  if (normal === '') throw new TypeError('a stream\'s URI is empty')
  return normal
}

/** `joinUri('Alice', 'My Stream')` is `alice/my+stream`. */
export function joinUri (...segments: string[]): string {
  return segments.map(normalizeUri).join('/')
}

function decode (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new TypeError('a stream\'s URI is not percent-encoded as it should be')
  }
}
