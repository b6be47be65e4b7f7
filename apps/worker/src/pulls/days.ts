/** A range of days such as `2026-11-29`, both included. */
export interface DayRange {
  since: string
  until: string
}

const dayMs = 24 * 3_600_000
/** More days make a request slow, and the provider may refuse it. For a large account, fewer days may already be too many. */
const maxDaysPerRange = 30

/** Today's date in the account's time zone, or in UTC if the time zone is unknown. */
export function todayIn (timezone: string, now: number): string {
  try {
    return new Intl.DateTimeFormat('en-CA', { timeZone: timezone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(now)
  } catch {
    return new Date(now).toISOString().slice(0, 10)
  }
}

/**
 * The ranges to read up to `today`, oldest first: the new days and the last `rereadDays` before `pulledTo`, or `backfillDays` if
 * nothing was read. Never more than `backfillDays`.
 */
export function daysToRead (
  today: string, pulledTo: string | null, { backfillDays, rereadDays }: { backfillDays: number, rereadDays: number }
): DayRange[] {
  const first = addDays(today, 1 - backfillDays)
  const again = pulledTo === null ? first : addDays(pulledTo, 1 - rereadDays)
  const ranges: DayRange[] = []
  for (let since = again > first ? again : first; since <= today; since = addDays(since, maxDaysPerRange)) {
    const until = addDays(since, maxDaysPerRange - 1)
    ranges.push({ since, until: until < today ? until : today })
  }
  return ranges
}

/** Two halves, whose lengths differ by at most a day. Undefined for a single day. */
export function halve ({ since, until }: DayRange): [DayRange, DayRange] | undefined {
  if (since >= until) return undefined
  const days = Math.round((Date.parse(until) - Date.parse(since)) / dayMs) + 1
  const middle = addDays(since, Math.ceil(days / 2) - 1)
  return [{ since, until: middle }, { since: addDays(middle, 1), until }]
}

function addDays (day: string, count: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + count * dayMs).toISOString().slice(0, 10)
}
