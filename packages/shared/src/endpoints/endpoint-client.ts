import { createGuard, createHttp, decodeBody, parseRetryAfter, readWebUrl, TransportError } from '@carillon/http'
import type { HttpResponse } from '@carillon/http'
import { truncate } from '../text/index.ts'
import { signWebhook } from '../webhooks/index.ts'

/** A request with an event, as it is signed. */
interface EventRequest {
  url: string
  /** The public id of the event, which is the same for every attempt. */
  id: string
  body: string
  /** All of them sign. */
  secrets: readonly string[]
}

/** The outcome of one request. `error` is null when the endpoint accepted the event. */
export interface AttemptResult {
  status: number | null
  durationMs: number
  error: string | null
  /** How long the endpoint asks to wait. */
  retryAfterMs?: number
  /** This process aborted the request, so it says nothing about the endpoint. */
  isAborted?: true
}

export interface EndpointClient {
  /** What is wrong with the URL of an endpoint. Undefined when requests may be sent to it. */
  findUrlFault: (text: string) => string | undefined
  /** Sends one event. Never rejects. */
  send: (request: EventRequest, signal?: AbortSignal) => Promise<AttemptResult>
  close: () => Promise<void>
}

export interface EndpointClientOptions {
  /** Hosts, addresses and CIDRs that endpoints may have although they are not public. They may use plain http. */
  allowPrivateHosts: readonly string[]
  /** Endpoints on this machine may use plain http. */
  allowsLoopback: boolean
  userAgent?: string
  signal?: AbortSignal
  onRefused?: (host: string) => void
  /** Milliseconds since the epoch. */
  now: () => number
  timeoutMs?: number
}

const loopback = ['localhost', '127.0.0.0/8', '::1']
const requestTimeoutMs = 15_000
/** Only the start of an error is kept. */
const maxResponseBytes = 4 * 1024
const maxErrorLength = 300

/** Sends events to endpoints. It has connections of its own, and its guard refuses addresses that are not public. */
export function createEndpointClient (options: EndpointClientOptions): EndpointClient {
  const { allowPrivateHosts, allowsLoopback, now, timeoutMs = requestTimeoutMs, userAgent, signal: closing, onRefused } = options
  const allowed = [...allowPrivateHosts, ...allowsLoopback ? loopback : []]
  const guard = createGuard(allowed)
  const publicGuard = createGuard([])
  const http = createHttp({
    trustedOrigins: [],
    allowPrivateHosts: allowed,
    ...userAgent !== undefined && { userAgent },
    ...closing !== undefined && { signal: closing },
    ...onRefused !== undefined && { onRefused }
  })
  return { findUrlFault, send, close: () => http.close() }

  function findUrlFault (text: string): string | undefined {
    const read = readWebUrl(text)
    if ('fault' in read) return read.fault
    const { protocol, hostname, hash } = new URL(read.url)
    if (hash !== '' || text.includes('#')) return 'must not have a fragment'
    if (protocol === 'https:' || isAllowedPrivately(hostname.replace(/^\[|\]$/g, ''))) return undefined
    return allowsLoopback ? 'must use https, except on this machine' : 'must use https'
  }

  /** Whether the operator listed the host or its address. Public addresses need no list. */
  function isAllowedPrivately (hostname: string): boolean {
    return guard.names(hostname) || (guard.permits(hostname, hostname) && !publicGuard.permits(hostname, hostname))
  }

  async function send ({ url, id, body, secrets }: EventRequest, signal?: AbortSignal): Promise<AttemptResult> {
    const signed = signWebhook({ id, body, secrets }, now())
    const startedAt = performance.now()
    const durationMs = (): number => Math.round(performance.now() - startedAt)
    try {
      const response = await http.request({
        method: 'POST',
        url,
        isGuarded: true,
        headers: { 'content-type': 'application/json', ...signed },
        body,
        timeoutMs,
        maxResponseBytes,
        cutsResponse: true
      }, signal)
      const { status, headers } = response
      if (status >= 200 && status < 300) return { status, durationMs: durationMs(), error: null }
      const receivedAt = now()
      const retryAt = parseRetryAfter(headers['retry-after'], receivedAt)
      const error = describeResponse(response, [...secrets, ...Object.values(signed)])
      return { status, durationMs: durationMs(), error, ...retryAt !== undefined && { retryAfterMs: retryAt - receivedAt } }
    } catch (error) {
      if (!(error instanceof TransportError)) throw error
      const isAborted = error.code === 'aborted' || error.code === 'closed'
      return { status: null, durationMs: durationMs(), error: describeTransportError(error), ...isAborted && { isAborted } }
    }
  }
}

/** The start of an error response as one line. An endpoint may repeat what it received, so our signature is removed. */
function describeResponse (response: HttpResponse, concealed: readonly string[]): string {
  if (response.status < 400) return 'redirects are not followed'
  const text = decodeBody(response, maxResponseBytes).toString().replaceAll(/[\p{C}\p{Bidi_Control}\s\u2028\u2029]+/gu, ' ').trim()
  const parts = concealed.flatMap((value) => value.split(' ')).flatMap((value) => [value, value.replace(/^(whsec_|v1,)/, '')])
  const safe = parts.filter((value) => value.length > 16).reduce((safe, value) => safe.replaceAll(value, '…'), text)
  return truncate(safe.replaceAll(/whsec_[\w+/=]+/g, '…'), maxErrorLength) || 'no text'
}

function describeTransportError ({ code, reason }: TransportError): string {
  return code === 'notAllowed' ? 'the host is not public' : reason
}
