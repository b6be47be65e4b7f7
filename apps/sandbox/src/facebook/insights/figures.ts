import { FIRST_DAY } from './ad-accounts.ts'
import type { AdAccount } from './ad-accounts.ts'
import { fromDay, localTime, toDay, weekdayOf } from './days.ts'
import type { Day } from './days.ts'
import { hashOf } from './stable-id.ts'

export interface Figures {
  impressions: number
  reach: number
  clicks: number
  /** Spend in hundredths, so that sums stay exact. */
  cents: number
}

/** The share of a day's final figures that Facebook reports on that day and on the days after it. */
const KNOWN = [0.88, 0.94, 0.98]

/** An ad account's figures of a day, as reported at a time. They depend on nothing else. Undefined for a day without figures. */
export function figuresOf ({ accountId, timeZone }: AdAccount, day: Day, timeMs: number): Figures | undefined {
  const { today, share } = localTime(timeMs, timeZone)
  if (day > today || day < (toDay(FIRST_DAY) ?? 0)) return undefined
  const known = (KNOWN[today - day] ?? 1) * (day === today ? share : 1)
  const size = pseudoRandom(accountId)
  const daily = pseudoRandom(accountId, fromDay(day))
  const weekend = weekdayOf(day) >= 5 ? 0.7 : 1
  const final = (2_000 + 60_000 * size(0)) * weekend * (0.75 + 0.5 * daily(0))
  const impressions = Math.floor(final * known)
  if (impressions === 0) return undefined
  const clicks = Math.floor(impressions * (0.008 + 0.016 * daily(1)))
  const reach = Math.ceil(impressions * (0.6 + 0.3 * daily(2)))
  return { impressions, clicks, reach, cents: Math.floor(clicks * (20 + 80 * size(1))) }
}

export function add (one: Figures, other: Figures): Figures {
  return {
    impressions: one.impressions + other.impressions,
    clicks: one.clicks + other.clicks,
    // A person counts once over several days. The overlap is invented.
    reach: Math.max(one.reach, other.reach) + Math.floor(Math.min(one.reach, other.reach) / 2),
    cents: one.cents + other.cents
  }
}

/** Numbers from 0 to 1 that look random and are the same in every run. */
function pseudoRandom (...words: string[]): (index: number) => number {
  const hash = hashOf(...words)
  return (index) => hash.readUInt32BE(4 * index) / 2 ** 32
}
