import type { Http } from '../client/http.ts'
import type { HttpRequest, HttpResponse } from '../client/messages.ts'
import { TransportError } from '../client/transport-error.ts'
import type { TransportCode } from '../client/transport-error.ts'
import type { Failure } from './failure.ts'
import { ProviderError } from './provider-error.ts'

/** The meaning of a response: the requested content, or a failure. */
export type Classification<T> = { kind: 'ok', value: T } | Failure

/** A pure function. `now` is in milliseconds since the epoch. */
export type Classifier<T> = (response: HttpResponse, now: number) => Classification<T>

/** Everything outside that a request uses: the network, cancellation and a clock. */
export interface HttpContext {
  http: Http
  signal: AbortSignal
  /** Milliseconds since the epoch. */
  now: () => number
}

/** Creates the error of a failure, for a client whose errors contain more than ProviderError. */
export type ToError = (failure: Failure, host: string, response: HttpResponse) => ProviderError

/**
 * Sends one request and returns the content that `classify` finds in the response. Throws ProviderError for every failure,
 * including a missing response. `overrides` replaces the failures of transport errors.
 */
export async function sendRequest<T> (
  request: HttpRequest, classify: Classifier<T>, context: HttpContext, overrides: Partial<Record<TransportCode, Failure>> = {},
  toError: ToError = toProviderError
): Promise<T> {
  const response = await receiveResponse(request, context, overrides)
  const classified = classify(response, context.now())
  if (classified.kind === 'ok') return classified.value
  throw toError(classified, hostOf(request.url), response)
}

/** The content of a response from `host`. Throws ProviderError for every failure. */
export function toResult<T> (response: HttpResponse, classify: Classifier<T>, host: string, now: number): T {
  const classified = classify(response, now)
  if (classified.kind === 'ok') return classified.value
  throw toProviderError(classified, host, response)
}

function toProviderError (failure: Failure, host: string, { status }: HttpResponse): ProviderError {
  return new ProviderError(failure, host, status)
}

async function receiveResponse (
  request: HttpRequest, context: HttpContext, overrides: Partial<Record<TransportCode, Failure>>
): Promise<HttpResponse> {
  try {
    return await context.http.request(request, context.signal)
  } catch (error) {
    if (!(error instanceof TransportError)) throw error
    throw new ProviderError(overrides[error.code] ?? classifyTransportError(error), error.host, undefined, error.code)
  }
}

/** No response arrived, so most requests may be sent again. */
export function classifyTransportError (error: TransportError): Failure {
  const { code, reason } = error
  if (code === 'tooLarge' || code === 'protocol') return { kind: 'malformed', reason }
  if (code === 'notAllowed' || code === 'invalid') return { kind: 'rejected', reason }
  return { kind: 'transient', reason }
}

function hostOf (url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'unreadable URL'
}
