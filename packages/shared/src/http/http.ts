import { Agent } from 'undici'
import { dispatchRequest } from './dispatch-request.ts'
import { createGuard } from './addresses/guard.ts'
import { createConnector, createGuardedConnector } from './addresses/guarded-connector.ts'
import { dispatchStream } from './dispatch-stream.ts'
import type { StreamedResponse, StreamRequest } from './dispatch-stream.ts'
import { createNameResolver } from './addresses/name-resolver.ts'
import { TransportError } from './transport-error.ts'
import type { HttpRequest, HttpResponse } from './messages.ts'

/** HTTP for provider clients. `request` throws TransportError when no whole answer came. */
export interface Http {
  request: (request: HttpRequest, signal?: AbortSignal) => Promise<HttpResponse>
  /** Waits for the requests under way. */
  close: () => Promise<void>
}

/** The same pools, limits of time and guard, for bodies that are passed on as they come: theirs may be of any size. */
export interface StreamingHttp extends Http {
  /** Answers as soon as there are headers. Throws TransportError. `signal` ends the exchange at any time, its body included. */
  stream: (request: StreamRequest, signal: AbortSignal) => Promise<StreamedResponse>
}

export interface HttpOptions {
  /** The configured base URLs: the operator chose them, so they may be private. Only their origins count. */
  trustedOrigins: readonly string[]
  /** Host names, addresses and CIDRs that every other URL may also reach although they are not public. */
  allowPrivateHosts: readonly string[]
  /** To be told of a host that the guard refuses, for the log: the error does not tell a refused name from a missing one. */
  onRefused?: (host: string) => void
  /** `address` or `address:port` of the name servers for guarded hosts. Default: those of the system. */
  nameServers?: readonly string[]
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
  /** Aborts every `request`, whichever signal it has of its own. A process that stops does not wait for a provider. */
  signal?: AbortSignal
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
  const { connectTimeoutMs: timeoutMs } = limits
  const guard = createGuard(options.allowPrivateHosts)
  const names = createNameResolver({ timeoutMs, servers: options.nameServers })
  // A name in `allowPrivateHosts` is the operator's choice, and may be known to the system alone.
  const resolve = (hostname: string) => guard.names(hostname) ? names.resolveTrusted(hostname) : names.resolve(hostname)
  // Two pools, so that no socket opened for a trusted origin is ever reused for a guarded one.
  const open = new Agent({ ...pool, connect: createConnector(timeoutMs, names.resolveTrusted) })
  const guarded = new Agent({
    ...pool, connect: createGuardedConnector({ guard, timeoutMs, resolve, onRefused: options.onRefused })
  })

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
      const signals = [signal, options.signal].filter((each) => each !== undefined)
      if (isTrusted(url, request)) return await dispatchRequest(open, url, request, terms, signals)
      const release = names.need(url.hostname)
      return await dispatchRequest(guarded, url, request, terms, signals).finally(release)
    },
    async stream (request, signal) {
      const url = httpUrl(request.url)
      const { headersTimeoutMs, bodyTimeoutMs, streamTimeoutMs: totalTimeoutMs } = limits
      const terms = { headersTimeoutMs, bodyTimeoutMs, totalTimeoutMs }
      if (isTrusted(url, request)) return await dispatchStream(open, url, request, terms, signal)
      const release = names.need(url.hostname)
      return await dispatchStream(guarded, url, request, terms, signal).finally(release)
    },
    async close () {
      await Promise.all([open.close(), guarded.close()])
    }
  }

  function isTrusted ({ origin }: URL, { isGuarded = false }: Pick<HttpRequest, 'isGuarded'>): boolean {
    return !isGuarded && trusted.has(origin)
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
