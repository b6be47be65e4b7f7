import type { InputError, Problem } from '../generated/contract.ts'

/** Codes of this library, for errors that are no problem of the API. */
export type ClientErrorCode =
  /** No response arrived, although the request was repeated. */
  | 'connectionFailed'
  /** The response did not arrive completely in time, although the request was repeated. */
  | 'timeout'
  /** The response does not come from Carillon. Check `baseUrl`. */
  | 'unexpectedResponse'
  /** The browser blocked the popup. */
  | 'popupBlocked'
  /** The user closed the popup before the handshake ended. */
  | 'popupClosed'
  /** This browser cannot show notifications, or the user did not allow them. */
  | 'notificationsBlocked'

export type ErrorCode = Problem['code'] | ClientErrorCode

export interface ErrorDetails {
  code: ErrorCode
  detail: string
  status?: number | undefined
  errors?: InputError[] | undefined
  reason?: string | undefined
  contact?: string | undefined
  requestId?: string | undefined
  cause?: unknown
}

/** Every error of this library. Compare `code`. */
export class CarillonError extends Error {
  override readonly name = 'CarillonError'
  /** A code of the API's problems (docs/errors.md), or of this library. */
  readonly code: ErrorCode
  /** The HTTP status. Undefined when there was no response. */
  readonly status: number | undefined
  /** What happened, why, and what to do. */
  readonly detail: string
  /** For `invalidInput`: every invalid field. Otherwise empty. */
  readonly errors: InputError[]
  /** For `handshakeFailed`, `handshakeOver`, `wrongStatus` and `invalidSignature`: the reason. */
  readonly reason: string | undefined
  /** For `notOwner` and `notConnected`: the name of the owner of the team. */
  readonly contact: string | undefined
  /** The id of the request in the API's log. */
  readonly requestId: string | undefined

  constructor ({ code, detail, status, errors = [], reason, contact, requestId, cause }: ErrorDetails) {
    super(detail, cause === undefined ? {} : { cause })
    this.code = code
    this.status = status
    this.detail = detail
    this.errors = errors
    this.reason = reason
    this.contact = contact
    this.requestId = requestId
  }
}

/** Whether `error` is a CarillonError, with one of these codes if there are any. Works across copies of this library. */
export function isCarillonError (error: unknown, ...codes: ErrorCode[]): error is CarillonError {
  return error instanceof Error && error.name === 'CarillonError' && 'code' in error &&
    (codes.length === 0 || codes.some((code) => code === error.code))
}
