/** Days, both included: `YYYY-MM-DD`. */
export interface DayRange {
  since: string
  until: string
}

const dayMs = 24 * 3_600_000
/** More days in one question make it a slow one, which the provider may refuse. Of a large account, fewer may do that too. */
const daysAtOnce = 30

/** Today's date where the account is. A time zone that nobody knows counts as UTC. */
export function todayIn (timezone: string, now: number): string {
  try {
    return new Intl.DateTimeFormat('en-CA', { timeZone: timezone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(now)
  } catch {
    return new Date(now).toISOString().slice(0, 10)
  }
}

/**
 * What is to be read up to and with `today`, oldest first: the last `rereadDays` of what was read up to `pulledTo` and all that
 * has come since, or `backfillDays` where nothing was; never more than those.
 */
export function daysToRead (
  today: string, pulledTo: string | null, { backfillDays, rereadDays }: { backfillDays: number, rereadDays: number }
): DayRange[] {
  const first = addDays(today, 1 - backfillDays)
  const again = pulledTo === null ? first : addDays(pulledTo, 1 - rereadDays)
  const ranges: DayRange[] = []
  for (let since = again > first ? again : first; since <= today; since = addDays(since, daysAtOnce)) {
    const until = addDays(since, daysAtOnce - 1)
    ranges.push({ since, until: until < today ? until : today })
  }
  return ranges
}

/** Two ranges that are as long as each other, give or take a day; undefined of a single day. */
export function halve ({ since, until }: DayRange): [DayRange, DayRange] | undefined {
  if (since >= until) return undefined
  const days = Math.round((Date.parse(until) - Date.parse(since)) / dayMs) + 1
  const middle = addDays(since, Math.ceil(days / 2) - 1)
  return [{ since, until: middle }, { since: addDays(middle, 1), until }]
}

function addDays (day: string, count: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + count * dayMs).toISOString().slice(0, 10)
}
