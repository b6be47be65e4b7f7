import { createHmac, timingSafeEqual } from 'node:crypto'
import { readAddress } from './address.ts'
import type { EmailAddress } from './address.ts'

/** Addresses for bounces, each for one message to one recipient (VERP). */
export interface ReturnAddresses {
  /** `key` is the UUID of the delivery, and `now` is in milliseconds since the epoch. */
  create: (key: string, recipient: EmailAddress, now: number) => string
  /** Whether `address` has the form of an address that was created in the last 7 days. */
  isRecent: (address: string, now: number) => boolean
  /**
   * The recipient for whom one of the addresses in `text` was created in the last 7 days. `candidates` are the recipients that
   * the bounce names. Undefined when nothing proves that the bounce is about our mail.
   */
  verify: (text: string, candidates: string[], now: number) => EmailAddress | undefined
}

const maxAgeSeconds = 7 * 24 * 3_600
/** Servers of bounces may have another clock. */
const maxSkewSeconds = 3_600
const keyDigits = 16
const macDigits = 20
const tokenDigits = 8 + keyDigits + macDigits
/** RFC 5321 §4.5.3.1.1. */
const maxLocalLength = 64

/**
 * The token of an address contains time, delivery and a MAC over both and the recipient, so bounces need no table. It has only
 * lower-case digits, because servers may change the case. Throws TypeError when `address` leaves no space for a token.
 */
export function createReturnAddresses (address: string, secret: string): ReturnAddresses {
  const at = address.lastIndexOf('@')
  const [local, domain] = [address.slice(0, at), address.slice(at + 1)]
  const maxLength = maxLocalLength - tokenDigits - 1
  if (local.length > maxLength) throw new TypeError(`EMAIL_BOUNCE_ADDRESS has more than ${maxLength} characters before the @`)
  const pattern = new RegExp(`${escape(local)}\\+([0-9a-f]{${tokenDigits}})@${escape(domain)}`, 'gi')

  return {
    create (key, recipient, now) {
      const seconds = Math.floor(now / 1_000).toString(16).padStart(8, '0')
      const start = seconds + key.replaceAll('-', '').slice(0, keyDigits)
      return `${local}+${start}${macOf(start, recipient)}@${domain}`
    },

    isRecent (address, now) {
      const [match] = address.matchAll(pattern)
      return match?.[0].length === address.length && isRecentToken(match[1] ?? '', now)
    },

    verify (text, candidates, now) {
      const recipients = candidates.map(readAddress).filter((each) => each !== undefined)
      for (const [, token = ''] of text.matchAll(pattern)) {
        const start = token.slice(0, -macDigits).toLowerCase()
        if (!isRecentToken(token, now)) continue
        const mac = Buffer.from(token.slice(-macDigits).toLowerCase())
        const recipient = recipients.find((each) => timingSafeEqual(mac, Buffer.from(macOf(start, each))))
        if (recipient !== undefined) return recipient
      }
      return undefined
    }
  }

  function macOf (start: string, { id }: EmailAddress): string {
    return createHmac('sha256', secret).update(`return address\0${start}\0${id}`).digest('hex').slice(0, macDigits)
  }
}

function isRecentToken (token: string, now: number): boolean {
  const ageSeconds = now / 1_000 - Number.parseInt(token.slice(0, 8), 16)
  return ageSeconds <= maxAgeSeconds && ageSeconds >= -maxSkewSeconds
}

function escape (text: string): string {
  return text.replace(/[^\w@-]/g, '\\$&')
}
