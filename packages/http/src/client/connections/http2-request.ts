import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2'
import { constants } from 'node:http2'
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { errors } from 'undici'
import type { ConnectionTimeouts, PooledRequest } from './connection.ts'
import { Http2Error } from './http2-error.ts'
import { toHttp2Headers } from './http2-headers.ts'
import { TransportError } from '../transport-error.ts'

/** The connection of a request. */
export interface Http2RequestOwner {
  /** A part of a response has arrived. */
  onReceived: () => void
  /** No response arrived in time. */
  onTimeout: () => void
  /** The stream is closed. If the request has no result yet, the owner fails it or lets it be sent again. */
  onClosed: (request: Http2Request) => void
}

/** One request over HTTP/2, in a stream of its own. */
export class Http2Request implements Dispatcher.DispatchController {
  readonly #pooled: PooledRequest
  readonly #timeouts: ConnectionTimeouts
  readonly #owner: Http2RequestOwner
  #stream: ClientHttp2Stream | undefined
  #timer: NodeJS.Timeout | undefined
  #hasResponse = false
  #hasEnded = false
  #abortReason: Error | null = null
  #missingBytes: number | undefined
  #streamError: Error | undefined

  constructor (pooled: PooledRequest, timeouts: ConnectionTimeouts, owner: Http2RequestOwner) {
    this.#pooled = pooled
    this.#timeouts = timeouts
    this.#owner = owner
  }

  /** Sends the request. Returns false if it was aborted before, or cannot be sent and has failed. */
  send (session: ClientHttp2Session, origin: URL): boolean {
    const { options, handler } = this.#pooled
    const { body = null } = options
    handler.onRequestStart?.(this, {})
    if (this.aborted) return false
    try {
      this.#open(session.request(toHttp2Headers(origin, options), { endStream: body === null }))
    } catch (error) {
      handler.onResponseError?.(this, error as Error)
      return false
    }
    return true
  }

  get aborted (): boolean {
    return this.#abortReason !== null
  }

  get reason (): Error | null {
    return this.#abortReason
  }

  get paused (): boolean {
    return false
  }

  /** A handler of ours never pauses a response: it has a limit of bytes. */
  pause (): void {}
  resume (): void {}

  abort (reason: Error): void {
    if (this.#hasEnded) return
    this.#abortReason = reason
    const isLate = this.#stream !== undefined && !this.#hasResponse && reason instanceof TransportError && reason.code === 'timeout'
    if (isLate) this.#owner.onTimeout()
    this.fail(reason)
  }

  /** Lets the request be sent again, over another stream. */
  handBack (): PooledRequest {
    this.#finish()
    return this.#pooled
  }

  get hasEnded (): boolean {
    return this.#hasEnded
  }

  get hasResponse (): boolean {
    return this.#hasResponse
  }

  get streamId (): number {
    return this.#stream?.id ?? 0
  }

  get errorCode (): number {
    return this.#stream?.rstCode ?? constants.NGHTTP2_NO_ERROR
  }

  /** What ended the stream without a whole response. */
  get error (): Error {
    const error = this.#streamError
    const isOfStream = error === undefined || ('code' in error && /^ERR_HTTP2_(STREAM|SESSION)_/.test(String(error.code)))
    return isOfStream ? new Http2Error(this.errorCode) : error
  }

  /** Gives the request this result and resets its stream. */
  fail (error: Error): void {
    if (this.#hasEnded) return
    this.#finish()
    this.#reset()
    this.#pooled.handler.onResponseError?.(this, error)
  }

  /** After a pause of the process, timers fire before pending data is read. */
  timeOut (): void {
    setImmediate(() => {
      if (this.#hasEnded) return
      if (this.#hasResponse) return this.fail(new errors.BodyTimeoutError())
      this.#owner.onTimeout()
      this.fail(new errors.HeadersTimeoutError())
    })
  }

  #open (stream: ClientHttp2Stream): void {
    const { body = null, headersTimeout } = this.#pooled.options
    this.#stream = stream
    this.#timer = setTimeout(failLate, headersTimeout ?? this.#timeouts.headersTimeout, this)
    stream.once('response', (received) => this.#start(stream, received))
    stream.once('end', () => this.#end(stream))
    stream.on('error', (error) => { this.#streamError ??= error })
    stream.once('close', () => this.#close())
    if (typeof body === 'string' || body instanceof Uint8Array) stream.end(body)
    else if (body !== null) this.#sendPieces(stream, body as unknown as AsyncIterable<Uint8Array>)
  }

  #start (stream: ClientHttp2Stream, received: IncomingHttpHeaders & IncomingHttpStatusHeader): void {
    if (this.#hasEnded) return
    this.#hasResponse = true
    this.#owner.onReceived()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(failLate, this.#timeouts.bodyTimeout, this)
    const { ':status': status = 0, ...headers } = received
    const length = headers['content-length']
    // A 304 may state the length that a 200 would have (RFC 9110 §8.6).
    if (length !== undefined && status !== 304) this.#missingBytes = Number(length)
    this.#pooled.handler.onResponseStart?.(this, status, headers)
    stream.on('data', (chunk: Buffer) => this.#read(chunk))
  }

  #read (chunk: Buffer): void {
    if (this.#hasEnded) return
    this.#owner.onReceived()
    this.#timer?.refresh()
    if (this.#missingBytes !== undefined) this.#missingBytes -= chunk.length
    this.#pooled.handler.onResponseData?.(this, chunk)
  }

  /** Node.js also emits `end` after a reset. */
  #end (stream: ClientHttp2Stream): void {
    if (this.errorCode !== constants.NGHTTP2_NO_ERROR) return
    // A server need not read all of the request (RFC 9113 §8.1). Node.js closes the stream only after that.
    if (!stream.writableFinished) this.#reset()
    if (this.#hasEnded || !this.#hasResponse || (this.#missingBytes ?? 0) > 0) return
    this.#finish()
    this.#pooled.handler.onResponseEnd?.(this, {})
  }

  #reset (): void {
    if (this.#stream?.closed === true) this.#stream.destroy()
    else this.#stream?.close(constants.NGHTTP2_CANCEL)
  }

  #close (): void {
    clearTimeout(this.#timer)
    this.#owner.onClosed(this)
  }

  #finish (): void {
    this.#hasEnded = true
    clearTimeout(this.#timer)
  }

  #sendPieces (stream: ClientHttp2Stream, body: AsyncIterable<Uint8Array>): void {
    const pieces = Readable.from(body, { objectMode: false })
    pieces.on('error', (error) => this.fail(error))
    stream.once('close', () => pieces.destroy())
    pieces.pipe(stream)
  }
}

function failLate (request: Http2Request): void {
  request.timeOut()
}
