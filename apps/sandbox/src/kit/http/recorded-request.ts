import type { FastifyRequest } from 'fastify'

/** A request as it arrived, without credentials. */
export interface RecordedRequest {
  method: string
  path: string
  headers: Readonly<Record<string, string>>
  body: unknown
}

export function recordRequest (request: FastifyRequest): RecordedRequest {
  return { method: request.method, path: pathOf(request.url), headers: redactHeaders(request.raw.rawHeaders), body: request.body }
}

export function pathOf (url: string): string {
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}

const SECRET_HEADERS = new Set(['authorization', 'proxy-authorization', 'access-token', 'cookie'])

// The requests of a benchmark differ only in the token, so equal sets of headers are stored once.
const MAX_KNOWN_SETS = 2048
const knownSets = new Map<string, Readonly<Record<string, string>>>()

function redactHeaders (rawHeaders: string[]): Readonly<Record<string, string>> {
  const redacted: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    const value = rawHeaders[index + 1] ?? ''
    redacted.push(name, SECRET_HEADERS.has(name) ? redact(name, value) : value)
  }
  const key = redacted.join('\n')
  const known = knownSets.get(key)
  if (known !== undefined) return known

  const headers: Record<string, string> = {}
  for (let index = 0; index < redacted.length; index += 2) headers[redacted[index] ?? ''] = redacted[index + 1] ?? ''
  if (knownSets.size >= MAX_KNOWN_SETS) knownSets.clear()
  knownSets.set(key, Object.freeze(headers))
  return headers
}

/** Keeps the scheme of an Authorization header, which is no secret and which tests check. */
function redact (name: string, value: string): string {
  const scheme = name === 'authorization' ? /^(\w+) /.exec(value)?.[1] : undefined
  return scheme === undefined ? '[redacted]' : `${scheme} [redacted]`
}
