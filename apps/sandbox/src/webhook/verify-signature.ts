import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

const toleranceMs = 5 * 60 * 1000

/** Why a receiver of Standard Webhooks refuses a request. Undefined when one of its signatures is right for one of `secrets`. */
export function findSignatureError (
  headers: IncomingHttpHeaders, body: string, secrets: readonly string[], nowMs: number
): string | undefined {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') return 'Missing required headers'
  const ageMs = nowMs - Number(timestamp) * 1_000
  if (!(Math.abs(ageMs) <= toleranceMs)) return ageMs > 0 ? 'Message timestamp too old' : 'Message timestamp too new'
  const expected = secrets.map((secret) =>
    createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64')).update(`${id}.${timestamp}.${body}`).digest())
  const given = signatures.split(' ').filter((each) => each.startsWith('v1,')).map((each) => Buffer.from(each.slice(3), 'base64'))
  const isRight = given.some((one) => expected.some((other) => one.length === other.length && timingSafeEqual(one, other)))
  return isRight ? undefined : 'No matching signature found'
}
