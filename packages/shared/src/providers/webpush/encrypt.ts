import { createCipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto'
import type { ECDH } from 'node:crypto'

/** The keys of a subscription, in base64url. */
export interface SubscriptionKeys {
  /** The browser's public key: an uncompressed point of P-256. */
  p256dh: string
  /** 16 bytes. */
  auth: string
}

/** One record holds the whole message (RFC 8291 §4). */
const recordBytes = 4_096
/** Marks the last record (RFC 8188 §2). */
const lastRecord = 2

/** Encrypts a message for a browser with the content encoding aes128gcm. Only tests pass `salt` and `sender`. */
export function encryptForBrowser (
  plaintext: Buffer, { p256dh, auth }: SubscriptionKeys, salt: Buffer = randomBytes(16), sender: ECDH = generateSender()
): Buffer {
  const receiverKey = Buffer.from(p256dh, 'base64url')
  const senderKey = sender.getPublicKey()
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), receiverKey, senderKey])
  const secret = derive(sender.computeSecret(receiverKey), Buffer.from(auth, 'base64url'), info, 32)
  const cipher = createCipheriv('aes-128-gcm',
    derive(secret, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16),
    derive(secret, salt, Buffer.from('Content-Encoding: nonce\0'), 12))
  const size = Buffer.alloc(4)
  size.writeUInt32BE(recordBytes)
  return Buffer.concat([
    salt, size, Buffer.from([senderKey.length]), senderKey,
    cipher.update(plaintext), cipher.update(Buffer.from([lastRecord])), cipher.final(), cipher.getAuthTag()
  ])
}

function derive (secret: Buffer, salt: Buffer, info: Buffer, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, bytes))
}

function generateSender (): ECDH {
  const sender = createECDH('prime256v1')
  sender.generateKeys()
  return sender
}
