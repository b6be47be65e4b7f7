import { dispatchRequest } from './dispatch-request.ts'
import type { RequestUrl } from './dispatch-request.ts'
import { ConnectionBudget } from './connections/connection-budget.ts'
import { OriginPools } from './connections/origin-pools.ts'
import { createGuard } from './addresses/guard.ts'
import { createConnector, createGuardedConnector } from './addresses/guarded-connector.ts'
import type { Connector } from './addresses/socket-connector.ts'
import { dispatchStream } from './dispatch-stream.ts'
import type { StreamedResponse, StreamRequest } from './dispatch-stream.ts'
import { createNameResolver } from './addresses/name-resolver.ts'
import { TransportError } from './transport-error.ts'
import { addUserAgent, formatUserAgent } from './user-agent.ts'
import type { HttpRequest, HttpResponse } from './messages.ts'

/** HTTP for provider clients. `request` throws TransportError when no complete response arrives. */
export interface Http {
  request: (request: HttpRequest, signal?: AbortSignal) => Promise<HttpResponse>
  /** Resolves when all pending requests have ended. */
  close: () => Promise<void>
}

/** Adds streaming for bodies of any size, with the same guard. It uses HTTP/1.1 and connections of its own. */
export interface StreamingHttp extends Http {
  /** Resolves once the headers arrive. Throws TransportError. `signal` aborts the request at any time, its body included. */
  stream: (request: StreamRequest, signal: AbortSignal) => Promise<StreamedResponse>
  /** Counts the requests in the connection pools. `waiting` ones have no connection yet. */
  countRequests: () => { running: number, waiting: number }
}

export interface HttpOptions {
  /** The configured base URLs. The operator chose them, so they may be private. Only their origins count. */
  trustedOrigins: readonly string[]
  /** Host names, addresses and CIDRs that any URL may reach although they are not public. */
  allowPrivateHosts: readonly string[]
  /**
   * Called with each host that the guard refuses, for the log. The error does not reveal whether a name is refused or missing.
   */
  onRefused?: (host: string) => void
  /** `address` or `address:port` of the name servers for guarded hosts. Default: the system's name servers. */
  nameServers?: readonly string[]
  /** In PEM, instead of the authorities that Node.js trusts. */
  certificateAuthorities?: string
  /** For name resolution, TCP and TLS together. */
  connectTimeoutMs?: number
  /** From the request to the headers of the response. */
  headersTimeoutMs?: number
  /** Between two chunks of the response body. */
  bodyTimeoutMs?: number
  /** For the whole request, including the wait for a free connection. */
  totalTimeoutMs?: number
  /** For the whole of a streamed request. */
  streamTimeoutMs?: number
  maxResponseBytes?: number
  connectionsPerOrigin?: number
  /** To all origins together. */
  maxConnections?: number
  /** How long a connection stays open without a request, unless its server announces less. */
  idleTimeoutMs?: number
  /** How long a server may take to confirm an HTTP/2 ping, before its connection counts as lost. */
  pingTimeoutMs?: number
  /** Sent with every request, after the request's own. Defaults to the product with its version. */
  userAgent?: string
  /** Returns the `traceparent` of a request that is sent now (W3C Trace Context), if it is part of a trace. */
  traceparent?: () => string | undefined
  /** Aborts every `request`, in addition to its own signal. A process that shuts down does not wait for a provider. */
  signal?: AbortSignal
}

const defaults = {
  connectTimeoutMs: 5_000,
  headersTimeoutMs: 15_000,
  bodyTimeoutMs: 15_000,
  totalTimeoutMs: 30_000,
  streamTimeoutMs: 300_000,
  maxResponseBytes: 1024 * 1024,
  connectionsPerOrigin: 2_000,
  maxConnections: 4_000,
  idleTimeoutMs: 30_000,
  pingTimeoutMs: 5_000
}

/**
 * Creates the HTTP client for all outgoing requests: connection pools per origin, HTTP/2 where the server offers it, limits on
 * time and size, and a guard. The guard keeps URLs from users, sites and providers away from our own network. Throws TypeError
 * for invalid options.
 */
export function createHttp (options: HttpOptions): StreamingHttp {
  const limits = { ...defaults, ...options }
  const trusted = new Set(options.trustedOrigins.map((url) => new URL(url).origin))
  const timeouts = {
    headersTimeout: limits.headersTimeoutMs,
    bodyTimeout: limits.bodyTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    keepAliveMaxTimeout: limits.idleTimeoutMs,
    pingTimeout: limits.pingTimeoutMs
  }
  const budget = new ConnectionBudget(limits.maxConnections)
  const { connectTimeoutMs: timeoutMs } = limits
  const { userAgent = formatUserAgent(), certificateAuthorities, onRefused } = options
  const guard = createGuard(options.allowPrivateHosts)
  const names = createNameResolver({ timeoutMs, servers: options.nameServers })
  // The operator allowed this name, and perhaps only the system's resolver can resolve it.
  const resolve = (hostname: string) => guard.names(hostname) ? names.resolveTrusted(hostname) : names.resolve(hostname)
  const openPools = (connect: Connector, offersHttp2: boolean) => {
    return new OriginPools({ maxConnections: limits.connectionsPerOrigin, budget, connect, offersHttp2, timeouts })
  }
  const connect = createConnector(timeoutMs, names.resolveTrusted, certificateAuthorities)
  const connectGuarded = createGuardedConnector({ guard, timeoutMs, resolve, onRefused, certificateAuthorities })
  // A guarded request never reuses a socket that was opened for a trusted origin. Streams do not use HTTP/2: a slow reader would
  // use up the window that its connection shares with other requests.
  const trustedPools = { requests: openPools(connect, true), streams: openPools(connect, false) }
  const guardedPools = { requests: openPools(connectGuarded, true), streams: openPools(connectGuarded, false) }
  const allPools = [trustedPools, guardedPools].flatMap(({ requests, streams }) => [requests, streams])

  /** A provider client sends nearly all requests to one URL, so its parsed form is cached. */
  let latest: { text: string, url: RequestUrl & Pick<URL, 'hostname'> } | undefined

  return {
    async request (request, signal) {
      if (latest?.text !== request.url) latest = { text: request.url, url: partsOf(httpUrl(request.url)) }
      const { url } = latest
      const identified = { method: request.method, headers: addOwnHeaders(request.headers), body: request.body }
      const terms = {
        timeoutMs: request.timeoutMs ?? limits.totalTimeoutMs,
        headersTimeoutMs: request.timeoutMs ?? limits.headersTimeoutMs,
        maxResponseBytes: request.maxResponseBytes ?? limits.maxResponseBytes,
        cutsResponse: request.cutsResponse ?? false
      }
      const signals = [signal, options.signal]
      if (isTrusted(url, request)) return await dispatchRequest(trustedPools.requests, url, identified, terms, signals)
      const release = names.need(url.hostname)
      return await dispatchRequest(guardedPools.requests, url, identified, terms, signals).finally(release)
    },
    async stream (request, signal) {
      const url = httpUrl(request.url)
      const identified = { ...request, headers: addOwnHeaders(request.headers) }
      const { headersTimeoutMs, bodyTimeoutMs, streamTimeoutMs: totalTimeoutMs } = limits
      const terms = { headersTimeoutMs, bodyTimeoutMs, totalTimeoutMs }
      if (isTrusted(url, request)) return await dispatchStream(trustedPools.streams, url, identified, terms, signal)
      const release = names.need(url.hostname)
      return await dispatchStream(guardedPools.streams, url, identified, terms, signal).finally(release)
    },
    countRequests () {
      const counts = allPools.map((pools) => pools.count())
      return {
        running: counts.reduce((sum, { running }) => sum + running, 0),
        waiting: counts.reduce((sum, { waiting }) => sum + waiting, 0)
      }
    },
    async close () {
      await Promise.all(allPools.map((pools) => pools.close()))
    }
  }

  function addOwnHeaders<Headers extends Record<string, string | string[]>> (headers: Headers | undefined) {
    const identified = addUserAgent(headers, userAgent)
    const traceparent = options.traceparent?.()
    return traceparent === undefined ? identified : { ...identified, traceparent }
  }

  function isTrusted ({ origin }: Pick<URL, 'origin'>, { isGuarded = false }: Pick<HttpRequest, 'isGuarded'>): boolean {
    return !isGuarded && trusted.has(origin)
  }
}

/** The getters of a URL create a string each time. */
function partsOf ({ origin, host, hostname, pathname, search }: URL): RequestUrl & Pick<URL, 'hostname'> {
  return { origin, host, hostname, pathname, search }
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
