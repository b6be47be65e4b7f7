import { createDecipheriv, hkdfSync } from 'node:crypto'
import type { Subscription } from './browsers.ts'

/** Decrypts a message as a browser does (RFC 8291). Undefined when the keys or the content are wrong. */
export function decrypt (body: Buffer, { pair, auth }: NonNullable<Subscription['own']>): Buffer | undefined {
  const keyLength = body.at(20)
  if (keyLength === undefined || body.length < 21 + keyLength + 17) return undefined
  const salt = body.subarray(0, 16)
  const senderKey = body.subarray(21, 21 + keyLength)
  const record = body.subarray(21 + keyLength)
  try {
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), pair.getPublicKey(), senderKey])
    const secret = derive(pair.computeSecret(senderKey), auth, info, 32)
    const key = derive(secret, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16)
    const nonce = derive(secret, salt, Buffer.from('Content-Encoding: nonce\0'), 12)
    const decipher = createDecipheriv('aes-128-gcm', key, nonce).setAuthTag(record.subarray(-16))
    const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()])
    // The padding is zeros after the delimiter of the last record.
    const end = padded.findLastIndex((byte) => byte !== 0)
    return padded[end] === 2 ? padded.subarray(0, end) : undefined
  } catch {
    return undefined
  }
}

function derive (secret: Buffer, salt: Buffer, info: Buffer, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, bytes))
}
