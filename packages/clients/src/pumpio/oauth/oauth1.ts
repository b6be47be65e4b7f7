import { createHmac } from 'node:crypto'
import { percentEncode } from '@carillon/http'

/** The request that is signed and sent. `form` is its body if it is `application/x-www-form-urlencoded`. */
export interface SignableRequest {
  method: string
  url: string
  form?: string
}

/** The secrets of RFC 5849 §3.4.2. `tokenSecret` is absent before there is a token. */
export interface SigningSecrets {
  consumerSecret: string
  tokenSecret?: string
}

/**
 * The value of an `Authorization` header that signs `request` with HMAC-SHA1 (RFC 5849 §3.5.1). `parameters` contains all
 * protocol parameters except the method and the signature: `oauth_consumer_key`, `oauth_timestamp`, `oauth_nonce`, …
 */
export function authorizationHeader (
  request: SignableRequest, parameters: Record<string, string>, secrets: SigningSecrets
): string {
  const own = { ...parameters, oauth_signature_method: 'HMAC-SHA1' }
  const all = { ...own, oauth_signature: sign(request, own, secrets) }
  return `OAuth ${Object.entries(all).map(([name, value]) => `${percentEncode(name)}="${percentEncode(value)}"`).join(', ')}`
}

/** Signs as RFC 5849 §3.4.2 specifies. */
export function sign (request: SignableRequest, parameters: Record<string, string>, secrets: SigningSecrets): string {
  // The `&` is required even when a secret is empty.
  const key = `${percentEncode(secrets.consumerSecret)}&${percentEncode(secrets.tokenSecret ?? '')}`
  return createHmac('sha1', key).update(signatureBaseString(request, parameters)).digest('base64')
}

/** The signature base string of RFC 5849 §3.4.1. */
export function signatureBaseString (request: SignableRequest, parameters: Record<string, string>): string {
  // URL converts scheme and host to lower case and removes the default port, as §3.4.1.2 requires.
  const url = new URL(request.url)
  const own = Object.entries(parameters).filter(([name]) => name !== 'realm' && name !== 'oauth_signature')
  const all = [...url.searchParams, ...own, ...new URLSearchParams(request.form ?? '')]
  return [request.method.toUpperCase(), `${url.origin}${url.pathname}`, normalize(all)].map(percentEncode).join('&')
}

/** RFC 5849 §3.4.1.3.2. The encoded values are ASCII, so JavaScript's order equals the required byte order. */
function normalize (parameters: Array<[string, string]>): string {
  return parameters
    .map(([name, value]) => [percentEncode(name), percentEncode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function compare (a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
