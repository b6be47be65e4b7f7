import type { HttpResponse, HttpRequest, TransportCode, Failure } from '../http/index.ts'
import type { RequestContext } from './request-context.ts'
import { ProviderError } from './provider-error.ts'
import { TransportError } from '../http/index.ts'

/** What a response means: the content that was asked for, or a failure. */
export type Classification<T> = { kind: 'ok', value: T } | Failure

/** Pure; `now` in milliseconds since the epoch. */
export type Classifier<T> = (response: HttpResponse, now: number) => Classification<T>

/** What one request needs of the context of a call. */
export type HttpContext = Pick<RequestContext, 'http' | 'signal' | 'now'>

/** Makes the error of a failure, for a client whose errors say more than ProviderError does. */
export type ToError = (failure: Failure, host: string, response: HttpResponse) => ProviderError

/**
 * Sends one request and returns what `classify` finds in the response. Throws ProviderError for every failure, also when no
 * response arrived; `overrides` replaces the failure of a transport error.
 */
export async function sendRequest<T> (
  request: HttpRequest, classify: Classifier<T>, call: HttpContext, overrides: Partial<Record<TransportCode, Failure>> = {},
  toError: ToError = (failure, host, response) => new ProviderError(failure, host, response.status)
): Promise<T> {
  const response = await receiveResponse(request, call, overrides)
  const classified = classify(response, call.now())
  if (classified.kind === 'ok') return classified.value
  throw toError(classified, hostOf(request.url), response)
}

/** The content of a response of `host` that has already arrived. Throws ProviderError for every failure. */
export function toResult<T> (response: HttpResponse, classify: Classifier<T>, host: string, now: number): T {
  const classified = classify(response, now)
  if (classified.kind === 'ok') return classified.value
  throw new ProviderError(classified, host, response.status)
}

async function receiveResponse (
  request: HttpRequest, call: HttpContext, overrides: Partial<Record<TransportCode, Failure>>
): Promise<HttpResponse> {
  try {
    return await call.http.request(request, call.signal)
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
