import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { toTransportError, TransportError } from './transport-error.ts'

/** A request that Carillon passes on. A body that is a stream can be sent only once. */
export interface StreamRequest {
  method: string
  url: string
  /** As in HttpRequest. */
  isGuarded?: boolean
  headers: Record<string, string | string[]>
  body?: Uint8Array | Readable | undefined
}

/** A response whose body is not read yet. The caller must read it to the end or destroy it. */
export interface StreamedResponse {
  status: number
  /** Lower-case names. */
  headers: Record<string, string | string[]>
  body: Readable
}

/** Timeouts of one streamed request: until its headers arrive, between two chunks of its body, and in total. */
export interface StreamLimits {
  headersTimeoutMs: number
  bodyTimeoutMs: number
  totalTimeoutMs: number
}

/** Sends `request` through `agent` and resolves once the headers arrive. Does not follow redirects. Throws TransportError. */
export async function dispatchStream (
  agent: Dispatcher, url: URL, request: StreamRequest, limits: StreamLimits, signal: AbortSignal
): Promise<StreamedResponse> {
  if (signal.aborted) throw new TransportError('aborted', url.host)
  const timeout = AbortSignal.timeout(limits.totalTimeoutMs)
  try {
    const { statusCode, headers, body } = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: request.method as Dispatcher.HttpMethod, // undici accepts any token, but its type lists only a few
      headers: request.headers,
      body: request.body ?? null,
      headersTimeout: limits.headersTimeoutMs,
      bodyTimeout: limits.bodyTimeoutMs,
      signal: AbortSignal.any([signal, timeout])
    })
    return { status: statusCode, headers: present(headers), body: hasBody(statusCode) ? body : withoutBody(body) }
  } catch (error) {
    if (timeout.aborted) throw new TransportError('timeout', url.host)
    if (signal.aborted) throw new TransportError('aborted', url.host)
    throw toTransportError(error, url.host)
  }
}

/** RFC 9110 §6.4.1. */
function hasBody (status: number): boolean {
  return status !== 204 && status !== 304
}

/** A 304 may state the length that a 200 would have (RFC 9110 §8.6). undici then reports its body as incomplete. */
function withoutBody (body: Readable): Readable {
  body.on('error', () => {}).resume()
  return Readable.from([])
}

function present (received: Record<string, string | string[] | undefined>): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(received).flatMap(([name, value]) => value === undefined ? [] : [[name, value]]))
}
