/** How long a provider may make us wait, and what to assume where it does not say. */
export interface WaitLimits {
  minMs: number
  maxMs: number
  /** When no usable time was named. A wait costs no attempt, so this must be long enough not to be a hot loop. */
  absentMs: number
}

const defaults: WaitLimits = { minMs: 1_000, maxMs: 60 * 60 * 1_000, absentMs: 30_000 }

/**
 * When to try again, in milliseconds since the epoch: the first of `candidates` that lies ahead, kept within the limits,
 * so that a hostile or broken server parks nothing for a year.
 */
export function chooseRetryAt (candidates: Array<number | undefined>, now: number, limits: Partial<WaitLimits> = {}): number {
  const { minMs, maxMs, absentMs } = { ...defaults, ...limits }
  const named = candidates.find((candidate) => candidate !== undefined && candidate > now)
  if (named === undefined) return now + absentMs
  return Math.min(Math.max(named, now + minMs), now + maxMs)
}

/**
 * Reads `Retry-After`, which is seconds or a date (RFC 9110 §10.2.3). Milliseconds since the epoch, undefined when it is
 * absent or neither.
 */
export function parseRetryAfter (value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? ''
  if (/^\d+$/.test(text)) return now + Number(text) * 1_000
  return parseHttpDate(text)
}

/** Reads a moment given as whole or fractional seconds since the epoch, as `X-Ratelimit-Reset` is. */
export function parseEpochSeconds (value: string | undefined): number | undefined {
  const text = value?.trim() ?? ''
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : undefined
}

const weekday = '(Mon|Tue|Wed|Thu|Fri|Sat|Sun)'
const httpDates = [
  new RegExp(`^${weekday}, \\d{2} [A-Z][a-z]{2} \\d{4} \\d{2}:\\d{2}:\\d{2} GMT$`),
  new RegExp(`^${weekday}[a-z]*day, \\d{2}-[A-Z][a-z]{2}-\\d{2} \\d{2}:\\d{2}:\\d{2} GMT$`),
  new RegExp(`^${weekday} [A-Z][a-z]{2} [ \\d]\\d \\d{2}:\\d{2}:\\d{2} \\d{4}$`)
]

/**
 * Reads a date in any form of RFC 9110 §5.6.7; a recipient must take the two obsolete ones too. asctime's is UTC without
 * saying so. Milliseconds since the epoch, undefined when it is none.
 */
export function parseHttpDate (text: string): number | undefined {
  if (!httpDates.some((form) => form.test(text))) return undefined
  const at = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
  return Number.isNaN(at) ? undefined : at
}
