import { parse } from 'node:querystring'
import type { ParsedUrlQuery } from 'node:querystring'
import type { FastifyRequest } from 'fastify'

/** What a request is signed over, by name; a name that comes twice in one source has two values. */
export type Parameters = Map<string, string[]>

/**
 * The Authorization header, then the query, then the form: what comes later replaces what came before. A form counts
 * only when its content type is exactly this one: with a charset behind it, it is neither read nor signed.
 */
export function readParameters (request: FastifyRequest): Parameters {
  const parameters: Parameters = new Map()
  const { authorization = '', 'content-type': contentType } = request.headers
  // Anywhere in the header, as the engine looks for it.
  if (authorization.includes('OAuth')) readHeader(parameters, authorization)
  readFields(parameters, queryOf(request.url))
  if (isForm(contentType) && isFields(request.body)) readFields(parameters, request.body)
  return parameters
}

/** The one value, or what JavaScript makes of two where one was due. */
export function valueOf (parameters: Parameters, name: string): string {
  return (parameters.get(name) ?? []).join(',')
}

export function isForm (contentType: string | undefined): boolean {
  return contentType === 'application/x-www-form-urlencoded'
}

/** Repeated parameters come as arrays, and a plus sign is a space. */
export function queryOf (url: string): ParsedUrlQuery {
  const start = url.indexOf('?')
  return start === -1 ? {} : parse(url.slice(start + 1))
}

function readHeader (parameters: Parameters, header: string): void {
  const [, scheme, rest = ''] = /^([a-zA-Z]+)\s(.*)$/s.exec(header) ?? []
  // The engine trips over a header without a space, and over a pair without a value.
  if (scheme === undefined) throw new TypeError('the Authorization header is no scheme and parameters')
  for (const pair of rest.match(/(?:"(?:\\.|[^"\\])*"|[^,"])+/g) ?? []) {
    const [, name = '', quoted] = /^([^=]+)?=(.+)$/s.exec(pair.trim()) ?? []
    if (quoted === undefined) throw new TypeError('a parameter of the Authorization header has no value')
    // The realm is not signed (RFC 5849 §3.4.1.3.1).
    if (name !== 'realm') parameters.set(name, [unescaped(quoted.replace(/^"|"$/g, '').replaceAll('\\"', '"'))])
  }
}

/** Byte by byte, as the engine does it: a character beyond ASCII in the header never makes a valid signature. */
function unescaped (value: string): string {
  return value.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
}

function readFields (parameters: Parameters, fields: object): void {
  for (const [name, value] of Object.entries(fields)) parameters.set(name, [value].flat().map(String))
}

function isFields (body: unknown): body is object {
  return typeof body === 'object' && body !== null && !Buffer.isBuffer(body)
}
