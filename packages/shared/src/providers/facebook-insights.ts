import type { FacebookApi } from './facebook-api.ts'
import type { FacebookCredentials } from './facebook.ts'
import { isObject } from './facebook-judge.ts'
import { isText } from './facebook-objects.ts'
import { ProviderError } from './provider-error.ts'
import type { AdAccount, Call, InsightsDay, Pull } from './provider.ts'

interface Page<T> {
  items: T[]
  next: string | undefined
}

const perPage = '100'
/** There is no end to the pages that a broken server can make. */
const mostPages = 10_000

/** Ad accounts and their figures by day. */
export function createInsights (api: FacebookApi): Pull<FacebookCredentials> {
  return {
    name: 'insights',
    accounts: (credentials, call) => pages('/me/adaccounts', {
      fields: 'id,account_id,name,account_status,currency,timezone_name', limit: perPage
    }, readAccount, credentials, call),
    days: (accountId, { since, until }, credentials, call) => pages(`/${accountId}/insights`, {
      fields: 'impressions,clicks,spend', level: 'account', time_increment: '1', time_range: JSON.stringify({ since, until }), limit: perPage
    }, readDay, credentials, call)
  }

  /**
   * A page may be empty with more to come, and the last one has cursors too: only a missing `next` is the end. It holds the
   * token, so it is never kept and never told.
   */
  async function * pages<T> (
    path: string, query: Record<string, string>, read: (item: unknown) => T | undefined,
    { accessToken }: FacebookCredentials, call: Call
  ): AsyncGenerator<T[]> {
    const readPage = (json: unknown) => readPageOf(json, read)
    await call.beforeRequest?.()
    let page = await api.request('GET', path, query, accessToken, readPage, call)
    for (let count = 1; ; count++) {
      yield page.items
      if (page.next === undefined) return
      // Ending quietly would leave out figures that nobody misses.
      if (count === mostPages) throw new ProviderError({ kind: 'malformed', reason: `more than ${mostPages} pages` }, api.host)
      await call.beforeRequest?.()
      page = await api.follow(page.next, accessToken, readPage, call)
    }
  }
}

/** One item that makes no sense makes none of the page: figures that are silently missing are wrong figures. */
function readPageOf<T> (json: unknown, read: (item: unknown) => T | undefined): Page<T> | undefined {
  const data: unknown = isObject(json) ? json['data'] : undefined
  if (!isObject(json) || !Array.isArray(data)) return undefined
  const items = data.map(read)
  if (items.includes(undefined)) return undefined
  const next = isObject(json['paging']) ? json['paging']['next'] : undefined
  return { items: items.filter((item) => item !== undefined), next: isText(next) ? next : undefined }
}

function readAccount (item: unknown): AdAccount | undefined {
  if (!isObject(item) || !isText(item['id']) || !/^act_\d{1,32}$/.test(item['id'])) return undefined
  const { id, name, currency, timezone_name: timezone } = item
  return { id, name: isText(name) ? name : id, currency: isText(currency) ? currency : '', timezone: isText(timezone) ? timezone : 'UTC' }
}

/** A figure that is nought may be left out. */
function readDay (item: unknown): InsightsDay | undefined {
  if (!isObject(item)) return undefined
  const { date_start: day, impressions = '0', clicks = '0', spend = '0' } = item
  if (!isText(day) || !/^\d{4}-\d\d-\d\d$/.test(day) || item['date_stop'] !== day) return undefined
  return isDecimal(impressions) && isDecimal(clicks) && isDecimal(spend) ? { day, impressions, clicks, spend } : undefined
}

function isDecimal (value: unknown): value is string {
  return typeof value === 'string' && /^-?\d{1,30}(\.\d{1,30})?$/.test(value)
}
