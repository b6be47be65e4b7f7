import type { FastifyRequest } from 'fastify'

/** A request as it arrived, fit to be shown: whoever reads the inbox learns no token. */
export interface RecordedRequest {
  method: string
  path: string
  headers: Readonly<Record<string, string>>
  body: unknown
}

export function recordRequest (request: FastifyRequest): RecordedRequest {
  return { method: request.method, path: pathOf(request.url), headers: showable(request.raw.rawHeaders), body: request.body }
}

export function pathOf (url: string): string {
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}

const SECRET_HEADERS = new Set(['authorization', 'proxy-authorization', 'access-token', 'cookie'])

// A benchmark's requests differ in hardly any header but the token, so equal sets are kept once.
const MAX_KNOWN_SETS = 2048
const knownSets = new Map<string, Readonly<Record<string, string>>>()

function showable (rawHeaders: string[]): Readonly<Record<string, string>> {
  const shown: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    const value = rawHeaders[index + 1] ?? ''
    shown.push(name, SECRET_HEADERS.has(name) ? redact(name, value) : value)
  }
  const key = shown.join('\n')
  const known = knownSets.get(key)
  if (known !== undefined) return known

  const headers: Record<string, string> = {}
  for (let index = 0; index < shown.length; index += 2) headers[shown[index] ?? ''] = shown[index + 1] ?? ''
  if (knownSets.size >= MAX_KNOWN_SETS) knownSets.clear()
  knownSets.set(key, Object.freeze(headers))
  return headers
}

/** The scheme of an Authorization header is no secret, and tests want to see which one a client chose. */
function redact (name: string, value: string): string {
  const scheme = name === 'authorization' ? /^(\w+) /.exec(value)?.[1] : undefined
  return scheme === undefined ? '[redacted]' : `${scheme} [redacted]`
}
