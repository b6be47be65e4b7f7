import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { toTransportError, TransportError } from './transport-error.ts'

/** A request of somebody else's making. A body that is a stream can be sent once. */
export interface StreamRequest {
  method: string
  url: string
  /** As in HttpRequest. */
  isGuarded?: boolean
  headers: Record<string, string | string[]>
  body?: Uint8Array | Readable | undefined
}

/** An answer whose body is still to come. It has to be read to its end, or destroyed. */
export interface StreamedResponse {
  status: number
  /** Lower-case names. */
  headers: Record<string, string | string[]>
  body: Readable
}

/** What one streamed exchange may take: until its headers are here, between two pieces of its body, and in all. */
export interface StreamLimits {
  headersTimeoutMs: number
  bodyTimeoutMs: number
  totalTimeoutMs: number
}

/** Sends `request` through `agent` and answers as soon as there are headers. Redirects are answers. Throws TransportError. */
export async function dispatchStream (
  agent: Dispatcher, url: URL, request: StreamRequest, terms: StreamLimits, signal: AbortSignal
): Promise<StreamedResponse> {
  if (signal.aborted) throw new TransportError('aborted', url.host)
  const timeout = AbortSignal.timeout(terms.totalTimeoutMs)
  try {
    const { statusCode, headers, body } = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: request.method as Dispatcher.HttpMethod, // undici takes any token, its type a few
      headers: request.headers,
      body: request.body ?? null,
      headersTimeout: terms.headersTimeoutMs,
      bodyTimeout: terms.bodyTimeoutMs,
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

/** A 304 may state the length that a 200 would have (RFC 9110 §8.6). undici then takes its body for one that broke off. */
function withoutBody (body: Readable): Readable {
  body.on('error', () => {}).resume()
  return Readable.from([])
}

function present (received: Record<string, string | string[] | undefined>): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(received).flatMap(([name, value]) => value === undefined ? [] : [[name, value]]))
}
