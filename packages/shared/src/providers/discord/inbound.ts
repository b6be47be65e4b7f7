import { createHash, createPublicKey, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { isObject, parseJsonObject, ProviderError } from '@carillon/http'
import type { InboundEvent, InboundReader, InboundRequest } from '../inbound.ts'
import { isId } from './credentials.ts'

/** Discord repeats an event for ten minutes. An attacker may have recorded an older one. */
const maxAgeSeconds = 15 * 60

/** Reads the webhook events of an application. `publicKey` has 64 hexadecimal digits. */
export function createInboundReader (publicKey: string, host: string): InboundReader {
  const key = toPublicKey(publicKey)
  return {
    read (request, now) {
      assertSigned(request, key, host, now)
      const { type, event } = parseJsonObject(request.body) ?? {}
      const events = type === 1 ? readEvents(event) : []
      const respond = () => ({ status: 204 })
      // Discord checks a new URL with a ping, and with wrong signatures.
      if (type === 0 || events.length === 0) return { id: '', events: [], respond }
      // Events have no id.
      return { id: createHash('sha256').update(request.body).digest('hex'), events, respond }
    }
  }
}

/** The signature covers the time and the raw body. */
function assertSigned ({ headers, body }: InboundRequest, key: KeyObject, host: string, now: number): void {
  const timestamp = headers['x-signature-timestamp'] ?? ''
  const signature = headers['x-signature-ed25519'] ?? ''
  const isRight = /^[0-9a-f]{128}$/i.test(signature) &&
    verify(null, Buffer.concat([Buffer.from(timestamp), body]), key, Buffer.from(signature, 'hex'))
  if (!isRight) throw unsigned('does not match')
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now / 1_000 - Number(timestamp)) > maxAgeSeconds) throw unsigned('is not from the last minutes')

  function unsigned (what: string): ProviderError {
    return new ProviderError({ kind: 'unauthorized', reason: `the signature ${what}` }, host)
  }
}

/** The user removed the application from the account. */
function readEvents (event: unknown): InboundEvent[] {
  const { type, timestamp, data } = isObject(event) ? event : {}
  const { user } = isObject(data) ? data : {}
  const accountId = isObject(user) ? user['id'] : undefined
  const at = typeof timestamp === 'string' ? parseTime(timestamp) : NaN
  if (type !== 'APPLICATION_DEAUTHORIZED' || !isId(accountId) || Number.isNaN(at)) return []
  return [{ kind: 'accountRemoved', accountId, issuedAt: new Date(at) }]
}

/** ISO 8601, in UTC if it names no time zone. */
function parseTime (text: string): number {
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`)
}

/** Throws TypeError for a key that is none. */
function toPublicKey (publicKey: string): KeyObject {
  const x = Buffer.from(publicKey, 'hex').toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
}
