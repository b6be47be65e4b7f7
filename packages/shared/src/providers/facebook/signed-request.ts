import { createHmac, timingSafeEqual } from 'node:crypto'
import { isObject, parseJson, ProviderError } from '@carillon/http'

/** The content of a `signed_request`. */
interface SignedRequest {
  userId: string
  issuedAt: Date
  /** The signed text. One signature has several encodings, but the text is unique. */
  content: string
}

/**
 * Parses a `signed_request`: the signature and the payload, in base64url with a dot between them. Throws ProviderError
 * `rejected` unless the signature matches the app's secret.
 */
export function readSignedRequest (signed: string, clientSecret: string, host: string): SignedRequest {
  const [signature = '', payload = '', ...rest] = signed.split('.')
  const given = Buffer.from(signature, 'base64url')
  const ours = createHmac('sha256', clientSecret).update(payload).digest()
  // The lengths are public. The comparison of the contents takes constant time.
  if (rest.length > 0 || payload === '' || given.length !== ours.length || !timingSafeEqual(given, ours)) throw forged('is not signed by the app')
  const json = parseJson(Buffer.from(payload, 'base64url'))
  if (!isObject(json) || json['algorithm'] !== 'HMAC-SHA256') throw forged('is signed in an unknown way')
  const { user_id: userId, issued_at: issuedAt } = json
  if (!isUserId(userId) || !isTime(issuedAt)) throw forged('does not say of whom and when')
  return { userId, issuedAt: new Date(issuedAt * 1_000), content: payload }

  function forged (what: string): ProviderError {
    return new ProviderError({ kind: 'rejected', reason: `signed_request ${what}` }, host)
  }
}

function isUserId (value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,32}$/.test(value)
}

/** Seconds since the epoch, in years with four digits. */
function isTime (value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < 253_402_300_800
}
