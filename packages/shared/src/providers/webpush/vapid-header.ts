import { sign } from 'node:crypto'
import type { VapidKey } from './vapid-keys.ts'

/** Push services accept at most 24 hours, and their clocks may differ from ours. */
const lifetimeSeconds = 12 * 60 * 60
const reuseMs = 11 * 60 * 60 * 1_000
/** With WEBPUSH_HOSTS=*, users choose the origins. */
const maxHeaders = 1_000

/** Returns the `Authorization` header for requests to an origin (RFC 8292 §3). `now` is in milliseconds since the epoch. */
export type VapidHeaders = (origin: string, key: VapidKey, now: number) => string

/** Signing takes three quarters of the work of a message, so each header is reused for hours. */
export function createVapidHeaders (contact: string): VapidHeaders {
  const headers = new Map<string, { value: string, signedAt: number }>()
  return (origin, key, now) => {
    const name = `${key.id} ${origin}`
    const known = headers.get(name)
    if (known !== undefined && now >= known.signedAt && now - known.signedAt < reuseMs) return known.value
    if (headers.size >= maxHeaders) headers.clear()
    const value = `vapid t=${signToken(origin, key, contact, now)}, k=${key.publicKey}`
    headers.set(name, { value, signedAt: now })
    return value
  }
}

function signToken (audience: string, { privateKey }: VapidKey, contact: string, now: number): string {
  // Mozilla refuses an `exp` that is not a number.
  const claims = { aud: audience, exp: Math.floor(now / 1_000) + lifetimeSeconds, sub: contact }
  const content = [{ typ: 'JWT', alg: 'ES256' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const signature = sign('sha256', Buffer.from(content), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${content}.${signature.toString('base64url')}`
}
