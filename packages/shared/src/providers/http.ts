import { Agent } from 'undici'
import { exchange } from './exchange.ts'
import { createGuard } from './guard.ts'
import { createGuardedConnector } from './guarded-connector.ts'
import { streamExchange } from './http-stream.ts'
import type { StreamedAnswer, StreamRequest } from './http-stream.ts'
import { TransportError } from './transport-error.ts'

/** One request. Redirects are never followed: a 3xx is an answer like any other. */
export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  headers?: Record<string, string>
  body?: string | Uint8Array | undefined
  /** Bytes; a longer answer fails as `tooLarge`. Default 1 MiB. */
  maxResponseBytes?: number
  /** For the whole exchange, in place of `totalTimeoutMs` and of `headersTimeoutMs`: a long upload is answered late. */
  timeoutMs?: number
}

/** An answer, read to its end. Header names are lower-case; a header that came twice is joined by `, `. */
export interface Answer {
  status: number
  headers: Record<string, string>
  body: Buffer
}

/** HTTP for provider clients. `request` throws TransportError when no whole answer came. */
export interface Http {
  request: (request: HttpRequest, signal?: AbortSignal) => Promise<Answer>
  /** Waits for the requests under way. */
  close: () => Promise<void>
}

/** The same pools, limits of time and guard, for bodies that are passed on as they come: theirs may be of any size. */
export interface StreamingHttp extends Http {
  /** Answers as soon as there are headers. Throws TransportError. `signal` ends the exchange at any time, its body included. */
  stream: (request: StreamRequest, signal: AbortSignal) => Promise<StreamedAnswer>
}

export interface HttpOptions {
  /** The configured base URLs: the operator chose them, so they may be private. Only their origins count. */
  trustedOrigins: readonly string[]
  /** Host names, addresses and CIDRs that every other URL may also reach although they are not public. */
  allowPrivateHosts: readonly string[]
  /** Name, TCP and TLS together. */
  connectTimeoutMs?: number
  /** From the request to the answer's headers. */
  headersTimeoutMs?: number
  /** Between two pieces of the answer's body. */
  bodyTimeoutMs?: number
  /** For the whole exchange, the wait for a free connection included. */
  totalTimeoutMs?: number
  /** For a whole exchange that streams. */
  streamTimeoutMs?: number
  maxResponseBytes?: number
  connectionsPerOrigin?: number
}

const defaults = {
  connectTimeoutMs: 5_000,
  headersTimeoutMs: 15_000,
  bodyTimeoutMs: 15_000,
  totalTimeoutMs: 30_000,
  streamTimeoutMs: 300_000,
  maxResponseBytes: 1024 * 1024,
  connectionsPerOrigin: 128
}

/**
 * The one way out: keep-alive pools per origin, limits on time and size, and a guard that keeps URLs which came from
 * users, sites or providers away from our own network. Throws TypeError for options that make no sense.
 */
export function createHttp (options: HttpOptions): StreamingHttp {
  const limits = { ...defaults, ...options }
  const trusted = new Set(options.trustedOrigins.map((url) => new URL(url).origin))
  const pool = {
    connections: limits.connectionsPerOrigin,
    headersTimeout: limits.headersTimeoutMs,
    bodyTimeout: limits.bodyTimeoutMs
  }
  const guard = createGuard(options.allowPrivateHosts)
  // Two pools, so that no socket opened for a trusted origin is ever reused for a guarded one.
  const open = new Agent({ ...pool, connect: { timeout: limits.connectTimeoutMs } })
  const guarded = new Agent({ ...pool, connect: createGuardedConnector(guard, limits.connectTimeoutMs) })

  /** A provider's client sends nearly everything to one address. */
  let latest: { text: string, url: URL } | undefined

  return {
    async request (request, signal) {
      if (latest?.text !== request.url) latest = { text: request.url, url: httpUrl(request.url) }
      const { url } = latest
      const terms = {
        timeoutMs: request.timeoutMs ?? limits.totalTimeoutMs,
        headersTimeoutMs: request.timeoutMs ?? limits.headersTimeoutMs,
        maxResponseBytes: request.maxResponseBytes ?? limits.maxResponseBytes
      }
      return await exchange(trusted.has(url.origin) ? open : guarded, url, request, terms, signal)
    },
    async stream (request, signal) {
      const url = httpUrl(request.url)
      const { headersTimeoutMs, bodyTimeoutMs, streamTimeoutMs: totalTimeoutMs } = limits
      const terms = { headersTimeoutMs, bodyTimeoutMs, totalTimeoutMs }
      return await streamExchange(trusted.has(url.origin) ? open : guarded, url, request, terms, signal)
    },
    async close () {
      await Promise.all([open.close(), guarded.close()])
    }
  }
}

function httpUrl (text: string): URL {
  const url = parseUrl(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TransportError('notAllowed', `${url.protocol} URL`)
  return url
}

function parseUrl (text: string): URL {
  try {
    return new URL(text)
  } catch {
    throw new TransportError('invalid', 'unreadable URL')
  }
}
