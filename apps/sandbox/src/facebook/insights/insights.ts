import { invalid } from '../graph/graph-error.ts'
import { fieldsOf } from '../graph/select-fields.ts'
import type { AdAccount } from './ad-accounts.ts'
import { readDateRange } from './date-range.ts'
import type { DateRange } from './date-range.ts'
import { firstOfMonth, fromDay, localTime } from './days.ts'
import type { Day } from './days.ts'
import { add, figuresOf } from './figures.ts'
import type { Figures } from './figures.ts'

export interface InsightsQuery extends DateRange {
  fields: string[]
  increment: number | 'monthly' | 'all_days'
}

const MAX_INCREMENT_DAYS = 90
const LEVELS = ['account', 'campaign', 'adset', 'ad']

/** Facebook sends numbers as strings. */
const FIELDS: Record<string, (figures: Figures, account: AdAccount) => unknown> = {
  account_id: (_, { accountId }) => accountId,
  account_name: (_, { name }) => name,
  account_currency: (_, { currency }) => currency,
  impressions: ({ impressions }) => String(impressions),
  reach: ({ reach }) => String(reach),
  frequency: ({ impressions, reach }) => ratio(impressions, reach),
  clicks: ({ clicks }) => String(clicks),
  spend: ({ cents }) => String(cents / 100),
  ctr: ({ clicks, impressions }) => ratio(100 * clicks, impressions),
  cpc: ({ cents, clicks }) => ratio(cents / 100, clicks),
  cpm: ({ cents, impressions }) => ratio(10 * cents, impressions),
  actions: ({ clicks }) => [{ action_type: 'link_click', value: String(clicks) }]
}
const DATES = ['date_start', 'date_stop']

/** Throws GraphError. */
export function readInsightsQuery (parameters: URLSearchParams, { timeZone }: AdAccount, nowMs: number): InsightsQuery {
  const level = parameters.get('level') ?? 'account'
  if (!LEVELS.includes(level)) throw invalid(`(#100) level must be one of the following values: ${LEVELS.join(', ')}`)
  if (level !== 'account' || parameters.has('breakdowns')) {
    throw invalid('(#100) The sandbox has figures of whole ad accounts only: level is account, and there are no breakdowns')
  }
  const fields = fieldsOf(parameters) ?? ['account_id', 'impressions', 'spend']
  const unknown = fields.find((field) => !Object.hasOwn(FIELDS, field) && !DATES.includes(field))
  if (unknown !== undefined) {
    throw invalid(`(#100) ${unknown} is not valid for fields param. please check ` +
      'https://developers.facebook.com/docs/marketing-api/reference/ads-insights/ for all valid values')
  }
  return { fields, increment: readIncrement(parameters), ...readDateRange(parameters, localTime(nowMs, timeZone).today) }
}

/** In the order of days. A day without figures has no row. */
export function insightsRows (account: AdAccount, query: InsightsQuery, nowMs: number): object[] {
  const rows: object[] = []
  for (let start = query.since; start <= query.until;) {
    const stop = Math.min(endOf(start, query), query.until)
    const figures = sumOf(account, start, stop, nowMs)
    if (figures !== undefined) {
      const metrics = query.fields.map((field) => [field, FIELDS[field]?.(figures, account)])
      rows.push({ ...Object.fromEntries(metrics), date_start: fromDay(start), date_stop: fromDay(stop) })
    }
    start = stop + 1
  }
  return rows
}

function readIncrement (parameters: URLSearchParams): InsightsQuery['increment'] {
  const text = parameters.get('time_increment') ?? 'all_days'
  if (text === 'monthly' || text === 'all_days') return text
  const days = Number(text)
  if (Number.isInteger(days) && days >= 1 && days <= MAX_INCREMENT_DAYS) return days
  throw invalid(`(#100) time_increment must be a number from 1 to ${MAX_INCREMENT_DAYS}, monthly or all_days`)
}

function endOf (start: Day, { increment, until }: InsightsQuery): Day {
  if (increment === 'all_days') return until
  return increment === 'monthly' ? firstOfMonth(start, -1) - 1 : start + increment - 1
}

function sumOf (account: AdAccount, start: Day, stop: Day, nowMs: number): Figures | undefined {
  let sum: Figures | undefined
  for (let day = start; day <= stop; day++) {
    const figures = figuresOf(account, day, nowMs)
    if (figures !== undefined) sum = sum === undefined ? figures : add(sum, figures)
  }
  return sum
}

function ratio (one: number, other: number): string {
  return other === 0 ? '0' : String(Math.round(1e6 * one / other) / 1e6)
}
