import { OAuth } from 'oauth'

export interface Keys {
  clientId: string
  clientSecret: string
  token?: string | undefined
  tokenSecret?: string | undefined
}

/** The library's private functions, which pump.io's engine calls. */
interface Engine {
  _getTimestamp: () => number
  _getNonce: (size: number) => string
  _normaliseRequestParams: (parameters: Record<string, unknown>) => string
  _getSignature: (method: string, url: string, parameters: string, tokenSecret?: string) => string
}

export interface SignOptions {
  /** More parameters for the header. */
  extra?: Record<string, string>
  /** A form body. */
  form?: Record<string, string>
  signatureMethod?: string
}

/**
 * Signs with the library of pump.io, so that the tests do not use the sandbox's own code.
 */
export function signed (
  keys: Keys,
  method: string,
  url: string,
  { extra = {}, form = {}, signatureMethod = 'HMAC-SHA1' }: SignOptions = {}
): Record<string, string> {
  const engine = new OAuth('', '', keys.clientId, keys.clientSecret, '1.0', null, signatureMethod) as unknown as Engine
  const parameters: Record<string, string> = {
    oauth_consumer_key: keys.clientId,
    oauth_nonce: engine._getNonce(32),
    oauth_signature_method: signatureMethod,
    oauth_timestamp: String(engine._getTimestamp()),
    oauth_version: '1.0',
    ...(keys.token !== undefined && { oauth_token: keys.token }),
    ...extra
  }
  const normalized = engine._normaliseRequestParams({ ...parameters, ...queryOf(url), ...form })
  const signature = engine._getSignature(method, url, normalized, keys.tokenSecret)
  return { ...parameters, oauth_signature: signature }
}

export function headerOf (parameters: Record<string, string>): string {
  const pairs = Object.entries(parameters).map(([name, value]) => `${encode(name)}="${encode(value)}"`)
  return `OAuth realm="somewhere", ${pairs.join(', ')}`
}

function queryOf (url: string): Record<string, string[]> {
  const query: Record<string, string[]> = {}
  for (const [name, value] of new URL(url).searchParams) (query[name] ??= []).push(value)
  return query
}

function encode (text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
