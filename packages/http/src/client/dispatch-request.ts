import type { Dispatcher } from 'undici'
import { onAbort } from './on-abort.ts'
import type { HttpRequest, HttpResponse } from './messages.ts'
import { toTransportError, TransportError } from './transport-error.ts'

/** Limits on the time and the size of one request and its response. */
export interface RequestLimits {
  timeoutMs: number
  headersTimeoutMs: number
  maxResponseBytes: number
  /** A longer response is returned without its rest. Otherwise it fails. */
  cutsResponse?: boolean
}

/** Undefined ones are ignored. */
type Signals = ReadonlyArray<AbortSignal | undefined>

export type RequestUrl = Pick<URL, 'origin' | 'host' | 'pathname' | 'search'>

/**
 * Sends one request through `agent` and reads its response to the end. Throws TransportError. An aborted request does not
 * return its connection to the pool.
 */
export function dispatchRequest (
  agent: Dispatcher, url: RequestUrl, request: Pick<HttpRequest, 'method' | 'headers' | 'body'>, limits: RequestLimits,
  signals: Signals = []
): Promise<HttpResponse> {
  if (signals.some((signal) => signal?.aborted === true)) return Promise.reject(new TransportError('aborted', url.host))
  return new Promise((resolve, reject) => {
    agent.dispatch(
      {
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: request.method,
        headers: request.headers ?? {},
        body: (request.body ?? null) as Uint8Array | null, // undici accepts any iterable, but its type lists only a few
        headersTimeout: limits.headersTimeoutMs
      },
      new RequestHandler(url.host, limits, signals, resolve, reject)
    )
  })
}

/** A class saves the closures that each request would create: a worker sends thousands per second. */
class RequestHandler implements Dispatcher.DispatchHandler {
  readonly #host: string
  readonly #maxBytes: number
  readonly #cutsResponse: boolean
  readonly #resolve: (response: HttpResponse) => void
  readonly #reject: (error: TransportError) => void
  readonly #timer: NodeJS.Timeout
  readonly #offAborts: Array<() => void> = []
  #controller: Dispatcher.DispatchController | undefined
  #failure: TransportError | undefined
  #pendingAbort: NodeJS.Immediate | undefined
  #status = 0
  #headers: Record<string, string> = {}
  #size = 0
  #chunks: Buffer[] = []

  constructor (
    host: string, { timeoutMs, maxResponseBytes, cutsResponse = false }: RequestLimits, signals: Signals,
    resolve: (response: HttpResponse) => void, reject: (error: TransportError) => void
  ) {
    this.#host = host
    this.#maxBytes = maxResponseBytes
    this.#cutsResponse = cutsResponse
    this.#resolve = resolve
    this.#reject = reject
    // undici's own timeouts restart with every byte, so a response that arrives byte by byte never reaches them.
    this.#timer = setTimeout(abortLate, timeoutMs, this)
    for (const signal of signals) {
      if (signal !== undefined) this.#offAborts.push(onAbort(signal, () => this.abort('aborted')))
    }
  }

  /**
   * Aborts in the next check phase. After a pause of the process, timers fire before pending data is read, and that data may be
   * a response with rotated tokens, which the provider sends only once.
   */
  abort (code: 'aborted' | 'timeout'): void {
    this.#pendingAbort ??= setImmediate(() => this.#fail(new TransportError(code, this.#host)))
  }

  onRequestStart (controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // The request was aborted while it waited for a connection, so it must not be sent.
    if (this.#failure !== undefined) controller.abort(this.#failure)
  }

  /** undici calls this for each 1xx response, and last for the final response. */
  onResponseStart (_: Dispatcher.DispatchController, status: number, headers: Received): void {
    this.#status = status
    this.#headers = flat(headers)
  }

  onResponseData (_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length
    if (this.#size <= this.#maxBytes) this.#chunks.push(chunk)
    else if (this.#cutsResponse) this.#cut(chunk)
    else this.#fail(new TransportError('tooLarge', this.#host))
  }

  onResponseEnd (): void {
    this.#release()
    this.#resolve({ status: this.#status, headers: this.#headers, body: Buffer.concat(this.#chunks, this.#size) })
  }

  onResponseError (_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(toTransportError(error, this.#host))
  }

  /** Returns the response without its rest, which is not read. */
  #cut (chunk: Buffer): void {
    if (this.#failure !== undefined) return
    this.#failure = new TransportError('tooLarge', this.#host)
    this.#release()
    this.#resolve({ status: this.#status, headers: this.#headers, body: Buffer.concat([...this.#chunks, chunk], this.#maxBytes) })
    this.#controller?.abort(this.#failure)
  }

  #fail (error: TransportError): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#release()
    this.#reject(error)
    this.#controller?.abort(error)
  }

  #release (): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#pendingAbort)
    for (const offAbort of this.#offAborts) offAbort()
  }
}

type Received = Record<string, string | string[] | undefined>

function abortLate (handler: RequestHandler): void {
  handler.abort('timeout')
}

function flat (received: Received): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name in received) {
    const value = received[name] ?? ''
    headers[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return headers
}
