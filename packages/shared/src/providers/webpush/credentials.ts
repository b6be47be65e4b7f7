import { createHash, ECDH } from 'node:crypto'
import { isObject, isText, ProviderError } from '@carillon/http'
import type { Account, Credentials } from '../credentials.ts'
import type { SubscriptionKeys } from './encrypt.ts'

/** A browser's push subscription. */
export interface PushSubscription extends Credentials, SubscriptionKeys {
  /** The URL that receives messages for the browser. */
  endpoint: string
  /** The VAPID key that the browser subscribed with. No other key can send to it. */
  keyId: string
}

/**
 * Parses stored credentials, or imported ones in the same format or in that of `PushSubscription.toJSON()`. Without `keyId`,
 * `currentKeyId` is meant. Throws ProviderError `malformed`.
 */
export function parsePushSubscription (value: unknown, currentKeyId: string): PushSubscription {
  const { endpoint, keys, keyId = currentKeyId, ...own } = isObject(value) ? value : {}
  const { p256dh, auth } = isObject(keys) ? keys : own
  const subscription = toSubscription({ endpoint, p256dh, auth, keyId })
  if (typeof subscription === 'string') throw new ProviderError({ kind: 'malformed', reason: `push subscription ${subscription}` }, 'credentials')
  return subscription
}

/** Returns the subscription, or what is wrong with it. */
export function toSubscription (
  { endpoint, p256dh, auth, keyId }: Record<'endpoint' | 'p256dh' | 'auth' | 'keyId', unknown>
): PushSubscription | string {
  if (!isText(endpoint) || !URL.canParse(endpoint)) return 'has no endpoint'
  if (!isBytes(auth, 16)) return 'has an invalid auth secret'
  if (!isBytes(p256dh, 65) || !isPoint(p256dh)) return 'has an invalid public key'
  return isText(keyId) ? { endpoint, p256dh, auth, keyId } : 'names no VAPID key'
}

/** The account is the browser, known by its endpoint. `name` is what the page calls it. */
export function accountOf ({ endpoint }: PushSubscription, name?: string): Account {
  const { host, hostname } = new URL(endpoint)
  const [, browser = host] = browsers.find(([suffix]) => hostname === suffix || hostname.endsWith(`.${suffix}`)) ?? []
  return { id: createHash('sha256').update(endpoint).digest('base64url'), name: name ?? browser, host }
}

const browsers = [
  ['mozilla.com', 'Firefox'], ['apple.com', 'Safari'], ['windows.com', 'Edge'], ['googleapis.com', 'Chrome'], ['google.com', 'Chrome']
] as const

function isBytes (value: unknown, length: number): value is string {
  return isText(value) && /^[\w-]+$/.test(value) && Buffer.from(value, 'base64url').length === length
}

/** Whether the key is a point on the curve. With another point, the shared secret could be guessed. */
function isPoint (text: string): boolean {
  try {
    ECDH.convertKey(text, 'prime256v1', 'base64url')
    return true
  } catch {
    return false
  }
}
