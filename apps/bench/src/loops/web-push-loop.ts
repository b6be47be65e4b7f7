import { createCipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto'
import { Pool } from 'undici'

interface Browser {
  endpoint: string
  p256dh: string
  auth: string
}

interface Order {
  browsers: Browser[]
  /** The header that every message may have: it names the origin, and not the browser. */
  authorization: string
  payload: string
  concurrency: number
}

/** A process that only encrypts one message for each browser and sends it, as fast as possible (RFC 8291). */
process.on('message', (order: Order | 'usage') => {
  if (order !== 'usage') pushAll(order).then((result) => process.send?.(result))
})
process.on('disconnect', () => process.exit())
process.send?.({ ready: true })

let pool: Pool | undefined

async function pushAll ({ browsers, authorization, payload, concurrency }: Order): Promise<{ sent: number }> {
  const [first] = browsers
  if (first === undefined) return { sent: 0 }
  const open = pool ??= new Pool(new URL(first.endpoint).origin, { connections: concurrency })
  const headers = { authorization, 'content-encoding': 'aes128gcm', 'content-type': 'application/octet-stream', ttl: '259200', urgency: 'normal' }
  const waiting = browsers.values()
  await Promise.all(Array.from({ length: concurrency }, async () => {
    for (const browser of waiting) {
      const response = await open.request({
        method: 'POST', path: new URL(browser.endpoint).pathname, headers, body: encrypt(Buffer.from(payload), browser)
      })
      await response.body.text()
      if (response.statusCode !== 201) throw new Error(`The push service answered ${response.statusCode}`)
    }
  }))
  return { sent: browsers.length }
}

function encrypt (content: Buffer, { p256dh, auth }: Browser): Buffer {
  const [salt, pair, receiver] = [randomBytes(16), createECDH('prime256v1'), Buffer.from(p256dh, 'base64url')]
  const sender = pair.generateKeys()
  const derive = (secret: Buffer, salt: Buffer, info: Buffer | string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, salt, info, length))
  const secret = derive(pair.computeSecret(receiver), Buffer.from(auth, 'base64url'), Buffer.concat([Buffer.from('WebPush: info\0'), receiver, sender]), 32)
  const [key, nonce] = [derive(secret, salt, 'Content-Encoding: aes128gcm\0', 16), derive(secret, salt, 'Content-Encoding: nonce\0', 12)]
  const cipher = createCipheriv('aes-128-gcm', key, nonce)
  // The record size of 4096, the length of the key, the key, and the delimiter of the last record.
  return Buffer.concat([
    salt, Buffer.from([0, 0, 16, 0, 65]), sender,
    cipher.update(content), cipher.update(Buffer.from([2])), cipher.final(), cipher.getAuthTag()
  ])
}
