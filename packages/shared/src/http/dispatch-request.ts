import type { Dispatcher } from 'undici'
import { onAbort } from './on-abort.ts'
import type { HttpResponse } from './messages.ts'
import type { HttpRequest } from './messages.ts'
import { toTransportError, TransportError } from './transport-error.ts'

/** What one exchange may take. */
export interface RequestLimits {
  timeoutMs: number
  headersTimeoutMs: number
  maxResponseBytes: number
}

/**
 * Sends one request through `agent` and reads its answer to the end. Throws TransportError, and then leaves the
 * connection, whatever it still carries, behind.
 */
export function dispatchRequest (
  agent: Dispatcher, url: URL, request: HttpRequest, terms: RequestLimits, signals: readonly AbortSignal[] = []
): Promise<HttpResponse> {
  if (signals.some(({ aborted }) => aborted)) return Promise.reject(new TransportError('aborted', url.host))
  return new Promise((resolve, reject) => {
    agent.dispatch(
      {
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: request.method,
        headers: request.headers ?? {},
        body: (request.body ?? null) as Uint8Array | null, // undici takes any iterable, its type a few
        headersTimeout: terms.headersTimeoutMs
      },
      new RequestHandler(url.host, terms, signals, resolve, reject)
    )
  })
}

/** A class and not a handful of closures: a worker makes thousands in a second. */
class RequestHandler implements Dispatcher.DispatchHandler {
  readonly #host: string
  readonly #maxBytes: number
  readonly #resolve: (answer: HttpResponse) => void
  readonly #reject: (error: TransportError) => void
  readonly #timer: NodeJS.Timeout
  readonly #offAborts: Array<() => void>
  #controller: Dispatcher.DispatchController | undefined
  #failure: TransportError | undefined
  #givingUp: NodeJS.Immediate | undefined
  #status = 0
  #headers: Record<string, string> = {}
  #size = 0
  #chunks: Buffer[] = []

  constructor (
    host: string, { timeoutMs, maxResponseBytes }: RequestLimits, signals: readonly AbortSignal[],
    resolve: (answer: HttpResponse) => void, reject: (error: TransportError) => void
  ) {
    this.#host = host
    this.#maxBytes = maxResponseBytes
    this.#resolve = resolve
    this.#reject = reject
    // undici's own time-outs start over with every byte, so an answer that drips in would never meet them.
    this.#timer = setTimeout(abortLate, timeoutMs, this)
    this.#offAborts = signals.map((signal) => onAbort(signal, () => this.abort('aborted')))
  }

  /**
   * A process that was stopped for a while finds its timers due before it has read what came in meanwhile. That goes first:
   * an answer that brings rotated tokens is the only one that ever will.
   */
  abort (code: 'aborted' | 'timeout'): void {
    this.#givingUp ??= setImmediate(() => this.#fail(new TransportError(code, this.#host)))
  }

  onRequestStart (controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // Given up while it waited for a connection: this keeps it off the wire.
    if (this.#failure !== undefined) controller.abort(this.#failure)
  }

  /** Once for each 1xx that comes before the answer, and last for the answer. */
  onResponseStart (_: Dispatcher.DispatchController, status: number, headers: Received): void {
    this.#status = status
    this.#headers = flat(headers)
  }

  onResponseData (_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length
    if (this.#size > this.#maxBytes) this.#fail(new TransportError('tooLarge', this.#host))
    else this.#chunks.push(chunk)
  }

  onResponseEnd (): void {
    this.#release()
    this.#resolve({ status: this.#status, headers: this.#headers, body: Buffer.concat(this.#chunks, this.#size) })
  }

  onResponseError (_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(toTransportError(error, this.#host))
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
    clearImmediate(this.#givingUp)
    for (const offAbort of this.#offAborts) offAbort()
  }
}

type Received = Record<string, string | string[] | undefined>

function abortLate (exchange: RequestHandler): void {
  exchange.abort('timeout')
}

function flat (received: Received): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name in received) {
    const value = received[name] ?? ''
    headers[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return headers
}
