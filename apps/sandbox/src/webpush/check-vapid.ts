import { createPublicKey, verify } from 'node:crypto'
import { parseObject } from '../kit/http/parse-object.ts'
import type { Subscription } from './browsers.ts'
import type { ErrorName } from './errors.ts'

const maxLifetimeSeconds = 24 * 60 * 60

/** Checks the `Authorization` header of RFC 8292. Returns the error, or undefined when it is valid. */
export function checkVapid (
  header: string | undefined, { origin, nowMs, subscription }: { origin: string, nowMs: number, subscription: Subscription }
): ErrorName | undefined {
  const [, token = '', publicKey = ''] = /^vapid t=([\w.-]+), ?k=([\w-]+)$/.exec(header ?? '') ?? []
  const [head = '', claims = '', signature = ''] = token.split('.')
  const { alg } = parsePart(head)
  const { aud, exp, sub } = parsePart(claims)
  const now = nowMs / 1_000
  const isValid = alg === 'ES256' && aud === origin && typeof exp === 'number' && exp > now && exp <= now + maxLifetimeSeconds &&
    (subscription.flavor !== 'apple' || isContact(sub)) && isSigned(`${head}.${claims}`, signature, publicKey)
  if (!isValid) return 'vapid'
  subscription.serverKey ??= publicKey
  return subscription.serverKey === publicKey ? undefined : 'keyMismatch'
}

/** Apple refuses a contact at `localhost`. */
function isContact (sub: unknown): boolean {
  return typeof sub === 'string' && /^(mailto:[^@]+@|https:\/\/)[^/@]+\.[^/@]+/.test(sub)
}

function isSigned (content: string, signature: string, publicKey: string): boolean {
  const point = Buffer.from(publicKey, 'base64url')
  if (point.length !== 65) return false
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')]
  try {
    const key = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x, y } })
    return verify('sha256', Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
  } catch {
    return false
  }
}

function parsePart (part: string): Record<string, unknown> {
  return parseObject(Buffer.from(part, 'base64url').toString()) ?? {}
}
