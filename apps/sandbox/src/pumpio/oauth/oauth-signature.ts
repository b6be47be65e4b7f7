import { createHmac } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { valueOf } from './oauth-parameters.ts'
import type { Parameters } from './oauth-parameters.ts'

/** The signature that a request must have (RFC 5849 §3.4). */
export function signatureOf (request: FastifyRequest, parameters: Parameters, clientSecret: string, tokenSecret = ''): string {
  const key = `${encoded(clientSecret)}&${encoded(tokenSecret)}`
  if (valueOf(parameters, 'oauth_signature_method') === 'PLAINTEXT') return key
  const base = [request.method, baseUri(request), normalized(parameters)].map(encoded).join('&')
  return createHmac('sha1', key).update(base).digest('base64')
}

/** RFC 5849 §3.4.1.2, from the Host header; the sandbox has no TLS, so the scheme is http. */
function baseUri ({ headers: { host = '' }, url }: FastifyRequest): string {
  return `http://${host.toLowerCase().replace(/:80$/, '')}${url.replace(/\?.*$/s, '')}`
}

/** RFC 5849 §3.4.1.3.2: encoded first, then sorted by name and by value. */
function normalized (parameters: Parameters): string {
  return [...parameters]
    .filter(([name]) => name !== 'oauth_signature')
    .flatMap(([name, values]) => values.map((value): [string, string] => [encoded(name), encoded(value)]))
    .sort(([one, oneValue], [other, otherValue]) => compare(one, other) || compare(oneValue, otherValue))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** By code unit; `localeCompare` would sort letters of both cases together. */
function compare (one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}

/** RFC 5849 §3.6. */
function encoded (text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
