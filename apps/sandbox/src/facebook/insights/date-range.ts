import { parseObject } from '../../kit/http/parse-object.ts'
import { GraphError, invalid } from '../graph/graph-error.ts'
import { FIRST_DAY } from './ad-accounts.ts'
import { firstOfMonth, fromDay, toDay, weekdayOf } from './days.ts'
import type { Day } from './days.ts'

export interface DateRange {
  since: Day
  until: Day
}

const MAX_MONTHS_BACK = 37

const startOfQuarter = (day: Day): Day => firstOfMonth(day, new Date(fromDay(day)).getUTCMonth() % 3)
const startOfYear = (day: Day): Day => firstOfMonth(day, new Date(fromDay(day)).getUTCMonth())
const sundayBefore = (day: Day): Day => day - (weekdayOf(day) + 1) % 7

/** All presets end before today, except `today` and those that begin with `this`. */
const PRESETS: Record<string, (today: Day) => [since: Day, until: Day]> = {
  today: (today) => [today, today],
  yesterday: (today) => [today - 1, today - 1],
  this_month: (today) => [firstOfMonth(today), today],
  last_month: (today) => [firstOfMonth(today, 1), firstOfMonth(today) - 1],
  this_quarter: (today) => [startOfQuarter(today), today],
  last_quarter: (today) => [startOfQuarter(startOfQuarter(today) - 1), startOfQuarter(today) - 1],
  maximum: (today) => [toDay(FIRST_DAY) ?? 0, today],
  data_maximum: (today) => [toDay(FIRST_DAY) ?? 0, today],
  last_3d: (today) => [today - 3, today - 1],
  last_7d: (today) => [today - 7, today - 1],
  last_14d: (today) => [today - 14, today - 1],
  last_28d: (today) => [today - 28, today - 1],
  last_30d: (today) => [today - 30, today - 1],
  last_90d: (today) => [today - 90, today - 1],
  last_week_mon_sun: (today) => [today - weekdayOf(today) - 7, today - weekdayOf(today) - 1],
  last_week_sun_sat: (today) => [sundayBefore(today) - 7, sundayBefore(today) - 1],
  this_week_mon_today: (today) => [today - weekdayOf(today), today],
  this_week_sun_today: (today) => [sundayBefore(today), today],
  this_year: (today) => [startOfYear(today), today],
  last_year: (today) => [startOfYear(startOfYear(today) - 1), startOfYear(today) - 1]
}

/** The days of a query, in the ad account's time zone. A range overrides a preset. Throws GraphError. */
export function readDateRange (parameters: URLSearchParams, today: Day): DateRange {
  const range = parameters.get('time_range')
  if (range !== null) return readTimeRange(range, today)
  const preset = parameters.get('date_preset') ?? 'last_30d'
  const days = Object.hasOwn(PRESETS, preset) ? PRESETS[preset]?.(today) : undefined
  if (days === undefined) throw invalid(`(#100) date_preset must be one of the following values: ${Object.keys(PRESETS).join(', ')}`)
  return { since: days[0], until: days[1] }
}

function readTimeRange (text: string, today: Day): DateRange {
  const { since, until } = membersOf(text)
  if (since === undefined || until === undefined) {
    throw invalid("(#100) Must be a valid date range: {'since':'YYYY-MM-DD','until':'YYYY-MM-DD'}")
  }
  if (since > until) throw invalid('(#100) The since date must not be after the until date')
  if (since < firstOfMonth(today, MAX_MONTHS_BACK) + (today - firstOfMonth(today))) {
    throw new GraphError({ message: `(#3018) The start date of the time range cannot be beyond ${MAX_MONTHS_BACK} months from the current date`, code: 3018 })
  }
  return { since, until }
}

function membersOf (text: string): { since?: Day | undefined, until?: Day | undefined } {
  const { since, until } = parseObject(text) ?? {}
  return { since: toDay(String(since)), until: toDay(String(until)) }
}
