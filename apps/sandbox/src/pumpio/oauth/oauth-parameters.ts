import { parse } from 'node:querystring'
import type { ParsedUrlQuery } from 'node:querystring'
import type { FastifyRequest } from 'fastify'
import { isFields } from '../http/fields.ts'

/** The signed parameters. A name that occurs twice in one source has two values. */
export type Parameters = Map<string, string[]>

/**
 * Reads the Authorization header, the query, then the form. A later source replaces an earlier one. pump.io ignores a form with a
 * charset in its content type.
 */
export function readParameters (request: FastifyRequest): Parameters {
  const parameters: Parameters = new Map()
  const { authorization = '', 'content-type': contentType } = request.headers
  // The engine searches the whole header.
  if (authorization.includes('OAuth')) readHeader(parameters, authorization)
  readFields(parameters, queryOf(request.url))
  if (isForm(contentType) && isFields(request.body)) readFields(parameters, request.body)
  return parameters
}

/** The value. Like the engine, it joins two values with a comma. */
export function valueOf (parameters: Parameters, name: string): string {
  return (parameters.get(name) ?? []).join(',')
}

export function isForm (contentType: string | undefined): boolean {
  return contentType === 'application/x-www-form-urlencoded'
}

/** Repeated parameters are arrays, and a plus sign is a space. */
export function queryOf (url: string): ParsedUrlQuery {
  const start = url.indexOf('?')
  return start === -1 ? {} : parse(url.slice(start + 1))
}

function readHeader (parameters: Parameters, header: string): void {
  const [, scheme, rest = ''] = /^([a-zA-Z]+)\s(.*)$/s.exec(header) ?? []
  // The engine fails at a header without a space, and at a pair without a value.
  if (scheme === undefined) throw new TypeError('the Authorization header is no scheme and parameters')
  for (const pair of rest.match(/(?:"(?:\\.|[^"\\])*"|[^,"])+/g) ?? []) {
    const [, name = '', quoted] = /^([^=]+)?=(.+)$/s.exec(pair.trim()) ?? []
    if (quoted === undefined) throw new TypeError('a parameter of the Authorization header has no value')
    // The realm is not signed (RFC 5849 §3.4.1.3.1).
    if (name !== 'realm') parameters.set(name, [unescaped(quoted.replace(/^"|"$/g, '').replaceAll('\\"', '"'))])
  }
}

/** Byte by byte, like the engine, so a header with other characters than ASCII never has a valid signature. */
function unescaped (value: string): string {
  return value.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
}

function readFields (parameters: Parameters, fields: object): void {
  for (const [name, value] of Object.entries(fields)) parameters.set(name, [value].flat().map(String))
}
