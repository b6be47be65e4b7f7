import type { HttpResponse } from '../client/messages.ts'
import { isObject, parseJson } from '../formats/json.ts'
import { decodeBody } from '../responses/decode-body.ts'

/** The maximum size of a token response in bytes, as sent and as decoded, for exchanges and refreshes. */
export const maxTokenResponseBytes = 1024 * 1024

/** The usable members of RFC 6749 §5.1, and all others as the provider sent them. */
export interface TokenResponse extends Record<string, unknown> {
  access_token: string
  refresh_token?: string
  /** Seconds. Absent when the provider states no valid expiry. */
  expires_in?: number
}

/**
 * Parses the members of a token response, whatever its content type: a JSON object, or else a form. Undefined when it is
 * neither.
 */
export function parseTokenBody (response: Pick<HttpResponse, 'headers' | 'body'>): Record<string, unknown> | undefined {
  const text = new TextDecoder().decode(decodeBody(response, maxTokenResponseBytes)).trim()
  const json = parseJson(text)
  if (json !== undefined) return isObject(json) ? json : undefined
  return formPattern.test(text) ? Object.fromEntries(new URLSearchParams(text)) : undefined
}

/**
 * Keeps the usable members of a token response and drops invalid ones. The provider may have rotated the tokens, so the
 * response is their only copy. Undefined without a usable access token.
 */
export function readTokenResponse (json: unknown): TokenResponse | undefined {
  if (!isObject(json)) return undefined
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn, expires, ...others } = json
  if (!isToken(accessToken)) return undefined
  const seconds = readExpiresIn(expiresIn ?? expires)
  return {
    ...others,
    access_token: accessToken,
    ...isToken(refreshToken) && { refresh_token: refreshToken },
    ...seconds !== undefined && { expires_in: seconds }
  }
}

/** The `error` of RFC 6749 §5.2, such as `invalid_grant`. A gateway's `{"error":"Forbidden"}` does not count. */
export function tokenErrorOf (response: Pick<HttpResponse, 'headers' | 'body'>): string | undefined {
  const error = parseTokenBody(response)?.['error']
  return typeof error === 'string' && /^[a-z]+(_[a-z]+)*$/.test(error) ? error : undefined
}

/**
 * Parses the seconds of `expires_in`, a number or its digits. Undefined for a time that is not in the future (null, 0, a
 * negative number, text), and for more than ten years, which equals no expiry.
 */
export function readExpiresIn (value: unknown): number | undefined {
  if (typeof value !== 'number' && (typeof value !== 'string' || !/^\s*\d{1,18}(\.\d{1,18})?\s*$/.test(value))) return undefined
  const seconds = Number(value)
  return seconds > 0 && seconds <= maxExpiresInSeconds ? seconds : undefined
}

const maxExpiresInSeconds = 10 * 365 * 24 * 3_600

/** A form with the names and values that token endpoints send. Neither HTML nor a sentence matches. */
const formPattern = /^[\w.-]+=[\w.~%+*!/:,@-]*(&[\w.-]+=[\w.~%+*!/:,@-]*)*$/

/** Whether a value is a token: only visible ASCII, because it becomes part of a header. */
export function isToken (value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,4096}$/.test(value)
}
