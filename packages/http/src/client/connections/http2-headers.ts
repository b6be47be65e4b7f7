import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { OutgoingHttpHeaders } from 'node:http2'
import { sensitiveHeaders } from 'node:http2'
import type { Dispatcher } from 'undici'
import { errors } from 'undici'

/** HTTP/2 has no such headers (RFC 9113 §8.2.2). */
const connectionHeaders = new Set([
  'connection', 'http2-settings', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade'
])

/**
 * These reveal nothing, so both sides may remember them and send an index next time. Any other value may be a credential, which
 * is never indexed (RFC 7541 §7.1.3).
 */
const indexedHeaders = new Set([
  'accept', 'content-encoding', 'content-length', 'content-type', 'ttl', 'urgency', 'user-agent'
])

/** The headers of a request over HTTP/2. Throws an error of undici or Node.js for a header that cannot be sent. */
export function toHttp2Headers ({ host, protocol }: URL, options: Dispatcher.DispatchOptions): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {
    ':method': options.method, ':scheme': protocol.slice(0, -1), ':authority': host, ':path': options.path
  }
  const sensitive = [':path']
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    const lower = name.toLowerCase()
    if (lower === 'host') headers[':authority'] = value
    if (lower === 'host' || connectionHeaders.has(lower)) continue
    validateHeaderName(lower)
    validateHeaderValue(lower, value)
    headers[lower] = value
    if (!indexedHeaders.has(lower)) sensitive.push(lower)
  }
  addLength(headers, options)
  return Object.assign(headers, { [sensitiveHeaders]: sensitive })
}

/** As undici does over HTTP/1.1. */
function addLength (headers: OutgoingHttpHeaders, { method, body }: Dispatcher.DispatchOptions): void {
  const length = lengthOf(body, method)
  if (length === undefined) return
  headers['content-length'] ??= length
  if (Number(headers['content-length']) !== length) throw new errors.RequestContentLengthMismatchError()
}

function lengthOf (body: Dispatcher.DispatchOptions['body'], method: string): number | undefined {
  if (typeof body === 'string') return Buffer.byteLength(body)
  if (body instanceof Uint8Array) return body.byteLength
  return body === null && (method === 'POST' || method === 'PUT') ? 0 : undefined
}
