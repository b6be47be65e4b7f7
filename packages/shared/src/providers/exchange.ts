import { setMaxListeners } from 'node:events'
import type { Dispatcher } from 'undici'
import type { Answer, HttpRequest } from './http.ts'
import { toTransportError, TransportError } from './transport-error.ts'

/** What one exchange may take. */
export interface Terms {
  timeoutMs: number
  headersTimeoutMs: number
  maxResponseBytes: number
}

/**
 * Sends one request through `agent` and reads its answer to the end. Throws TransportError, and then leaves the
 * connection, whatever it still carries, behind.
 */
export function exchange (
  agent: Dispatcher, url: URL, request: HttpRequest, terms: Terms, signal?: AbortSignal
): Promise<Answer> {
  if (signal?.aborted === true) return Promise.reject(new TransportError('aborted', url.host))
  // One signal serves a whole batch. Every listener below is taken off again, so there is no leak to warn about.
  if (signal !== undefined) setMaxListeners(0, signal)

  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined
    let failure: TransportError | undefined
    let status = 0
    let headers: Record<string, string> = {}
    let size = 0
    const chunks: Buffer[] = []

    const abort = () => fail(new TransportError('aborted', url.host))
    signal?.addEventListener('abort', abort, { once: true })
    // undici's own time-outs start over with every byte, so an answer that drips in would never meet them.
    const timer = setTimeout(() => fail(new TransportError('timeout', url.host)), terms.timeoutMs)

    agent.dispatch(
      {
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: request.method,
        headers: request.headers ?? {},
        body: request.body ?? null,
        headersTimeout: terms.headersTimeoutMs
      },
      {
        onRequestStart (started) {
          controller = started
          // Given up while it waited for a connection: this keeps it off the wire.
          if (failure !== undefined) controller.abort(failure)
        },
        onResponseStart (_, statusCode, received) {
          // Once for each 1xx that comes before the answer, and last for the answer.
          status = statusCode
          headers = flat(received)
        },
        onResponseData (_, chunk) {
          size += chunk.length
          if (size > terms.maxResponseBytes) fail(new TransportError('tooLarge', url.host))
          else chunks.push(chunk)
        },
        onResponseEnd () {
          release()
          resolve({ status, headers, body: Buffer.concat(chunks, size) })
        },
        onResponseError (_, error) {
          fail(toTransportError(error, url.host))
        }
      }
    )

    function fail (error: TransportError): void {
      if (failure !== undefined) return
      failure = error
      release()
      reject(error)
      controller?.abort(error)
    }

    function release (): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  })
}

function flat (received: Record<string, string | string[] | undefined>): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name in received) {
    const value = received[name] ?? ''
    headers[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return headers
}
