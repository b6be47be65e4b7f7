import type { Problem } from '../generated/contract.ts'
import { CarillonError } from './carillon-error.ts'

/** The error of a response that is no success. `body` is its parsed JSON, or its text. */
export function toError ({ status, headers, url }: Response, body: unknown): CarillonError {
  const requestId = headers.get('x-request-id') ?? undefined
  if (!isProblem(body)) {
    return new CarillonError({
      code: 'unexpectedResponse', status, requestId, detail: `${url} returned ${status} without a problem document. Check baseUrl`
    })
  }
  const { code, detail, errors, reason, contact, instance } = body
  return new CarillonError({ code, status, detail, errors, reason, contact, requestId: requestId ?? instance.replace('urn:uuid:', '') })
}

/** The error of a request without a complete response. */
export function toTransportError (cause: unknown, url: string): CarillonError {
  const { origin } = new URL(url)
  return isTimeout(cause)
    ? new CarillonError({ code: 'timeout', detail: `${origin} did not respond in time`, cause })
    : new CarillonError({ code: 'connectionFailed', detail: `Cannot reach ${origin}${describe(cause)}`, cause })
}

function isTimeout (error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError'
}

/** Node.js hides the reason, such as ECONNREFUSED, in the cause. */
function describe (error: unknown): string {
  const { cause } = error instanceof Error ? error : {}
  return cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
}

function isProblem (body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body && 'instance' in body &&
    [body.code, body.detail, body.instance].every((field) => typeof field === 'string')
}
