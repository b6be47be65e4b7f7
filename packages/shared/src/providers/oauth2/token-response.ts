import { decodeBody, isObject, parseJson } from '../../http/index.ts'
import type { HttpResponse } from '../../http/index.ts'

/** Bytes of a token endpoint's response, as sent and as decoded: the same for an exchange and for a refresh. */
export const maxTokenResponseBytes = 1024 * 1024

/** The members of RFC 6749 §5.1 that can be used, and all others as the provider sent them. */
export interface TokenResponse extends Record<string, unknown> {
  access_token: string
  refresh_token?: string
  /** Seconds; absent when the provider names no expiry that makes sense. */
  expires_in?: number
}

/**
 * Reads the members of a token endpoint's response, whatever its content type says: a JSON object, or else a form. Undefined
 * when it is neither.
 */
export function parseTokenBody (answer: Pick<HttpResponse, 'headers' | 'body'>): Record<string, unknown> | undefined {
  const text = new TextDecoder().decode(decodeBody(answer, maxTokenResponseBytes)).trim()
  const json = parseJson(text)
  if (json !== undefined) return isObject(json) ? json : undefined
  return formPattern.test(text) ? Object.fromEntries(new URLSearchParams(text)) : undefined
}

/**
 * Keeps what can be used of a token endpoint's members and drops the rest: the provider may have rotated already, so the response
 * is the only copy of the new tokens. Undefined without a usable access token.
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

/**
 * Seconds of `expires_in`, a number or its digits. Undefined for what names no moment ahead (null, 0, a negative number, text),
 * and for more than ten years, which is as good as no expiry.
 */
export function readExpiresIn (value: unknown): number | undefined {
  if (typeof value !== 'number' && (typeof value !== 'string' || !/^\s*\d{1,18}(\.\d{1,18})?\s*$/.test(value))) return undefined
  const seconds = Number(value)
  return seconds > 0 && seconds <= maxExpiresInSeconds ? seconds : undefined
}

const maxExpiresInSeconds = 10 * 365 * 24 * 3_600

/** A form of the names and values that token endpoints send. A page or a sentence does not match. */
const formPattern = /^[\w.-]+=[\w.~%+*!/:,@-]*(&[\w.-]+=[\w.~%+*!/:,@-]*)*$/

/** Whether a value is a token: visible ASCII only, because it goes into a header. */
export function isToken (value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,4096}$/.test(value)
}
