import type { Socket } from 'node:net'
import type { ClientHttp2Session } from 'node:http2'
import { connect, constants } from 'node:http2'
import type { Connection, ConnectionOwner, ConnectionTimeouts, PooledRequest } from './connection.ts'
import { Http2Request } from './http2-request.ts'
import type { Http2RequestOwner } from './http2-request.ts'
import { TransportError } from '../transport-error.ts'

/** A server has not processed a request whose stream it ends with one of these codes. */
const refusals: ReadonlySet<number> = new Set([constants.NGHTTP2_REFUSED_STREAM, constants.NGHTTP2_HTTP_1_1_REQUIRED])

/** Requests at a time, however many more a server accepts. */
const maxStreams = 1_000
/** Requests at a time before the server says how many it accepts. Most accept this many (RFC 9113 §6.5.2 recommends it). */
export const initialStreams = 100

const mebibyte = 1024 * 1024
/**
 * How many bytes of one response, and of all, may be under way. With the 64 KiB of the standard, a connection reads no more than
 * 64 KiB per round trip.
 */
const windowBytes = { response: mebibyte, connection: 8 * mebibyte }

/** One HTTP/2 connection over an open socket. It has many requests at a time. */
export class Http2Connection implements Connection, Http2RequestOwner {
  readonly #origin: URL
  readonly #socket: Socket
  readonly #timeouts: ConnectionTimeouts
  readonly #owner: ConnectionOwner
  readonly #session: ClientHttp2Session
  readonly #requests = new Set<Http2Request>()
  readonly #quietTimer: NodeJS.Timeout
  #maxRequests: number
  /** Of the last GOAWAY. The server has not processed the streams after it. */
  #lastStreamId = Infinity
  #isLeaving = false
  #isClosed = false
  #pingTimer: NodeJS.Timeout | undefined

  /** `streams` is how many requests the server is expected to accept at a time. */
  constructor (origin: string, socket: Socket, streams: number, timeouts: ConnectionTimeouts, owner: ConnectionOwner) {
    this.#origin = new URL(origin)
    this.#socket = socket
    this.#maxRequests = streams
    this.#timeouts = timeouts
    this.#owner = owner
    this.#session = connect(origin, {
      createConnection: () => socket,
      peerMaxConcurrentStreams: streams,
      settings: { enablePush: false, initialWindowSize: windowBytes.response }
    })
    this.#session.once('connect', (session) => session.setLocalWindowSize(windowBytes.connection))
    this.#session.on('remoteSettings', ({ maxConcurrentStreams = maxStreams }) => this.#limit(maxConcurrentStreams))
    this.#session.on('goaway', (code, lastStreamId) => this.#leave(code, lastStreamId))
    // Each request reports the error.
    this.#session.on('error', () => {})
    this.#session.once('close', () => this.close())
    this.#quietTimer = setTimeout(() => this.#onQuiet(), timeouts.keepAliveTimeout)
    this.#quietTimer.unref()
    socket.unref()
  }

  /** None while it is unknown whether the server still responds. */
  get room (): number {
    if (this.#isLeaving || this.#pingTimer !== undefined || this.#session.closed || this.#session.destroyed) return 0
    return Math.max(0, this.#maxRequests - this.#requests.size)
  }

  get running (): number {
    return this.#requests.size
  }

  dispatch (pooled: PooledRequest): void {
    const request = new Http2Request(pooled, this.#timeouts, this)
    if (!request.send(this.#session, this.#origin)) return
    if (this.#requests.size === 0) {
      this.#quietTimer.refresh()
      this.#socket.ref()
    }
    this.#requests.add(request)
  }

  close (): void {
    this.#isLeaving = true
    if (this.#isClosed || this.#requests.size > 0) return
    this.#isClosed = true
    clearTimeout(this.#quietTimer)
    clearTimeout(this.#pingTimer)
    this.#session.destroy()
    this.#socket.destroySoon()
    this.#owner.onClosed(this)
  }

  onReceived (): void {
    this.#quietTimer.refresh()
  }

  onTimeout (): void {
    this.#ping()
  }

  onClosed (request: Http2Request): void {
    this.#requests.delete(request)
    if (this.#requests.size === 0) {
      this.#quietTimer.refresh()
      this.#socket.unref()
    }
    if (!request.hasEnded) this.#resolve(request)
    if (this.#isLeaving) this.close()
    else if (this.room > 0) this.#owner.onFree(this)
  }

  /** The server has ended the stream without a whole response. */
  #resolve (request: Http2Request): void {
    const { errorCode } = request
    const isUnprocessed = request.streamId > this.#lastStreamId || (refusals.has(errorCode) && !request.hasResponse)
    if (!isUnprocessed) return request.fail(request.error)
    // The next request waits until the server has seen that this one is over. It may have too many now.
    this.#ping()
    this.#owner.onUnprocessed(request.handBack(), request.error)
    if (errorCode === constants.NGHTTP2_HTTP_1_1_REQUIRED) this.#owner.onHttp1Required()
  }

  #limit (streams: number): void {
    this.#maxRequests = Math.min(streams, maxStreams)
    this.#owner.onLimit(this.#maxRequests)
  }

  #leave (code: number, lastStreamId: number): void {
    this.#lastStreamId = lastStreamId
    if (code === constants.NGHTTP2_HTTP_1_1_REQUIRED) this.#owner.onHttp1Required()
    this.close()
  }

  #onQuiet (): void {
    if (this.#requests.size === 0) return this.close()
    this.#quietTimer.refresh()
    this.#ping()
  }

  /** Takes no more requests until the server has confirmed a ping. If it does not, the connection is lost. */
  #ping (): void {
    if (this.#pingTimer !== undefined || this.#session.closed || this.#session.destroyed) return
    const destroy = (): void => { if (timer === this.#pingTimer) this.#destroy() }
    // After a pause of the process, timers fire before pending data is read.
    const timer = setTimeout(() => setImmediate(destroy), this.#timeouts.pingTimeout)
    this.#pingTimer = timer
    this.#session.ping((error: Error | null) => { if (error === null) this.#onPong() })
  }

  #destroy (): void {
    this.#session.destroy(new TransportError('timeout', this.#origin.host, 'HTTP2_PING_TIMEOUT'))
    // The session would first wait until the server has read what was sent.
    this.#socket.destroy()
  }

  #onPong (): void {
    clearTimeout(this.#pingTimer)
    this.#pingTimer = undefined
    if (this.room > 0) this.#owner.onFree(this)
  }
}
