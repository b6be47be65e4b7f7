import { retryDelayMs } from './retry-delay.ts'
import { toTransportError } from './to-error.ts'
import { wait } from './wait.ts'

export interface SendOptions {
  fetch: (request: Request, init?: RequestInit) => Promise<Response>
  maxRetries: number
  /** For each attempt. */
  timeoutMs: number
}

/**
 * Sends a request, and repeats it after failures that may pass, until the complete response arrives. Throws CarillonError when
 * there is no response, and the reason of the request's signal when that aborts.
 */
export async function sendWithRetries (request: Request, { fetch, maxRetries, timeoutMs }: SendOptions): Promise<Response> {
  for (let attempt = 0; ; attempt++) {
    let response: Response | undefined
    let failure: unknown
    try {
      const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)])
      response = await readWhole(await fetch(request.clone(), { signal }))
    } catch (error) {
      request.signal.throwIfAborted()
      failure = error
    }
    const delayMs = attempt < maxRetries ? retryDelayMs(response, attempt) : undefined
    if (delayMs === undefined && response === undefined) throw toTransportError(failure, request.url)
    if (delayMs === undefined && response !== undefined) return response
    await wait(delayMs ?? 0, request.signal)
  }
}

/** The response with its whole body, so that a connection that breaks in the body is repeated too. */
async function readWhole (response: Response): Promise<Response> {
  if (response.body === null) return response
  const { status, statusText, headers } = response
  const whole = new Response(await response.arrayBuffer(), { status, statusText, headers })
  Object.defineProperty(whole, 'url', { value: response.url })
  return whole
}
