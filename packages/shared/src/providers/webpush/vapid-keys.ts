import { createECDH, createHash, createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** A key pair with which push services recognize this deployment (RFC 8292). */
export interface VapidKey {
  /** Derived from the public key. Subscriptions store it. */
  id: string
  /** The uncompressed point in base64url, as browsers need it to subscribe. */
  publicKey: string
  privateKey: KeyObject
}

const scalarBytes = 32

/** Parses a private key in base64url, as `web-push generate-vapid-keys` prints it. Throws for any other text. */
export function parseVapidKey (text: string): VapidKey {
  const scalar = Buffer.from(text, 'base64url')
  if (scalar.length !== scalarBytes || scalar.toString('base64url') !== text) throw new Error('has a key that is not 32 bytes of base64url')
  const pair = createECDH('prime256v1')
  pair.setPrivateKey(scalar)
  const point = pair.getPublicKey()
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((coordinate) => coordinate.toString('base64url'))
  return {
    id: vapidKeyId(point.toString('base64url')),
    publicKey: point.toString('base64url'),
    privateKey: createPrivateKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', d: text, x: x ?? '', y: y ?? '' } })
  }
}

/** Makes a private key that `parseVapidKey` accepts. */
export function generateVapidKey (): string {
  const pair = createECDH('prime256v1')
  pair.generateKeys()
  // OpenSSL leaves out leading zeros.
  return Buffer.concat([Buffer.alloc(scalarBytes), pair.getPrivateKey()]).subarray(-scalarBytes).toString('base64url')
}

function vapidKeyId (publicKey: string): string {
  return createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('base64url').slice(0, 11)
}
