/**
 * A stream's URI as Blot're's server has it: trimmed, `+` for each space, lower case, without a slash at its end,
 * percent-decoded. The libraries that people know differ: blotre-py leaves other letters encoded, blotre-js writes a space
 * as `%20`, which the server then takes for a space that no URI has. Throws TypeError for what names nothing.
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
