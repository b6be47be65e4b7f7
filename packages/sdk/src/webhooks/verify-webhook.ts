import { CarillonError } from '../api/carillon-error.ts'
import type { WebhookEvent } from './webhook-event.ts'

/** Headers as `fetch`, Node.js, Fastify and Express have them. */
export type WebhookHeaders = Headers | Record<string, string | string[] | undefined>

export interface VerifyOptions {
  /** How far the time of the webhook may be from this machine's clock. Default 300. */
  toleranceSeconds?: number
  now?: () => number
}

/**
 * Checks the signature of a webhook (Standard Webhooks), and returns its parsed body. `body` must be the bytes or the text as it
 * arrived, not JSON that was parsed and written again. Throws CarillonError `invalidSignature`. Ignore types of events that you
 * do not know: newer versions of the API have more.
 */
export async function verifyWebhook<Payload = WebhookEvent> (
  body: string | Uint8Array<ArrayBuffer> | ArrayBuffer, headers: WebhookHeaders, secret: string,
  { toleranceSeconds = 300, now = Date.now }: VerifyOptions = {}
): Promise<Payload> {
  const id = readHeader(headers, 'webhook-id')
  const timestamp = readHeader(headers, 'webhook-timestamp')
  const signatures = readHeader(headers, 'webhook-signature')
  // Number would accept other spellings than the signature was made of.
  if (!/^\d{1,15}$/.test(timestamp)) throw refuse('missingHeader', 'The header webhook-timestamp is not a time in seconds')
  if (Math.abs(now() / 1_000 - Number(timestamp)) > toleranceSeconds) {
    throw refuse('timestamp', `The webhook was signed at another time than now, by more than ${toleranceSeconds} seconds. Check the clock of this machine`)
  }
  const content = toBytes(body)
  const signed = concatenate(toBytes(`${id}.${timestamp}.`), content)
  const key = await importSecret(secret)
  for (const signature of signatures.split(' ')) {
    // The comparison of `verify` takes the same time for every signature.
    const bytes = signature.startsWith('v1,') ? fromBase64(signature.slice(3)) : undefined
    if (bytes !== undefined && await crypto.subtle.verify('HMAC', key, bytes, signed)) return JSON.parse(new TextDecoder().decode(content))
  }
  throw refuse('noMatch', 'No signature of the webhook fits its body and the secret. Pass the body as it arrived, and the secret of this endpoint')
}

function refuse (reason: string, detail: string): CarillonError {
  return new CarillonError({ code: 'invalidSignature', reason, detail })
}

function readHeader (headers: WebhookHeaders, name: string): string {
  const found = headers instanceof Headers
    ? headers.get(name)
    : Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  const value = Array.isArray(found) ? found.join(' ') : found
  if (value === undefined || value === null || value === '') throw refuse('missingHeader', `The request has no header ${name}`)
  return value
}

async function importSecret (secret: string) {
  const bytes = fromBase64(secret.replace(/^whsec_/, ''))
  if (bytes === undefined || bytes.length === 0) throw new TypeError('The secret of a webhook starts with whsec_, followed by base64')
  return await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
}

function toBytes (value: string | Uint8Array<ArrayBuffer> | ArrayBuffer): Uint8Array<ArrayBuffer> {
  if (typeof value === 'string') return new TextEncoder().encode(value)
  return value instanceof ArrayBuffer ? new Uint8Array(value) : value
}

function concatenate (one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(one.length + other.length)
  all.set(one)
  all.set(other, one.length)
  return all
}

function fromBase64 (text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
