/** Bounds on how long a provider may make Carillon wait, and the default wait. */
export interface WaitLimits {
  minMs: number
  maxMs: number
  /**
   * Applies when the provider names no usable time. A wait uses up no attempt, so this must not be short enough for a hot loop.
   */
  absentMs: number
}

const defaults: WaitLimits = { minMs: 1_000, maxMs: 60 * 60 * 1_000, absentMs: 30_000 }

/**
 * Chooses when to retry, in milliseconds since the epoch: the first of `candidates` that lies in the future, within the limits.
 * The maximum keeps a hostile or broken server from parking deliveries for a year.
 */
export function chooseRetryAt (candidates: Array<number | undefined>, now: number, limits: Partial<WaitLimits> = {}): number {
  const { minMs, maxMs, absentMs } = { ...defaults, ...limits }
  const named = candidates.find((candidate) => candidate !== undefined && candidate > now)
  if (named === undefined) return now + absentMs
  return Math.min(Math.max(named, now + minMs), now + maxMs)
}

/**
 * Parses `Retry-After`, which is seconds or a date (RFC 9110 §10.2.3). Returns milliseconds since the epoch, or undefined when
 * it is absent or neither.
 */
export function parseRetryAfter (value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  if (/^\d+$/.test(text)) return now + Number(text) * 1_000
  return parseHttpDate(text)
}

/** Parses whole or fractional seconds since the epoch, the format of `X-Ratelimit-Reset`, to milliseconds. */
export function parseEpochSeconds (value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : undefined
}

const weekday = '(Mon|Tue|Wed|Thu|Fri|Sat|Sun)'
const httpDates = [
  new RegExp(`^${weekday}, \\d{2} [A-Z][a-z]{2} \\d{4} \\d{2}:\\d{2}:\\d{2} GMT$`),
  new RegExp(`^${weekday}[a-z]*day, \\d{2}-[A-Z][a-z]{2}-\\d{2} \\d{2}:\\d{2}:\\d{2} GMT$`),
  new RegExp(`^${weekday} [A-Z][a-z]{2} [ \\d]\\d \\d{2}:\\d{2}:\\d{2} \\d{4}$`)
]

/**
 * Parses a date in any format of RFC 9110 §5.6.7, which requires recipients to accept the two obsolete ones too. The asctime
 * format is UTC without a time zone. Returns milliseconds since the epoch, or undefined when it is not a date.
 */
export function parseHttpDate (text: string): number | undefined {
  if (!httpDates.some((form) => form.test(text))) return undefined
  const at = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
  return Number.isNaN(at) ? undefined : at
}
