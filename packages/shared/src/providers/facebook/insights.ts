import type { FacebookApi } from './api.ts'
import type { FacebookCredentials } from './credentials.ts'
import { isObject, isText, isTooMuch, ProviderError } from '@carillon/http'
import type { AdAccount, InsightsDay, Pull, PullPage } from '../insights.ts'
import type { RequestContext } from '../request-context.ts'

interface ReadPage<T> extends PullPage<T> {
  next: string | undefined
}

const maxPerPage = 100
/** Limits the pages, because a broken server could return them without end. */
const maxPages = 10_000

/** Pulls ad accounts and their daily figures. */
export function createInsights (api: FacebookApi): Pull<FacebookCredentials> {
  return {
    name: 'insights',
    accounts: (credentials, context) => pages('/me/adaccounts', {
      fields: 'id,account_id,name,account_status,currency,timezone_name'
    }, readAccount, credentials, context, 1),
    days: (accountId, { since, until }, credentials, context) => pages(`/${accountId}/insights`, {
      fields: 'impressions,clicks,spend', level: 'account', time_increment: '1', time_range: JSON.stringify({ since, until })
    }, readDay, credentials, context)
  }

  /**
   * Reads pages until `next` is missing: a page may be empty before the end, and the last one has cursors too. `next` contains
   * the token, so it is neither stored nor logged. A page that is too large for Facebook is requested again with half as many
   * items, down to `minPerPage`. For days, the caller requests a shorter range instead, because a page of days is one query of
   * any length.
   */
  async function * pages<T> (
    path: string, query: Record<string, string>, read: (item: unknown) => T | undefined,
    { accessToken }: FacebookCredentials, context: RequestContext, minPerPage = maxPerPage
  ): AsyncGenerator<PullPage<T>> {
    const readPage = (json: unknown) => readPageOf(json, read)
    let limit = maxPerPage
    let next: string | undefined
    for (let count = 1; ; count++) {
      const { next: following, ...page } = await requestPage()
      yield page
      if (following === undefined) return
      // Ending without an error would silently omit figures.
      if (count === maxPages) throw new ProviderError({ kind: 'malformed', reason: `more than ${maxPages} pages` }, api.host)
      next = following
    }

    async function requestPage (): Promise<ReadPage<T>> {
      for (;;) {
        await context.beforeRequest?.()
        try {
          return next === undefined
            ? await api.request('GET', path, { ...query, limit: String(limit) }, accessToken, readPage, context)
            : await api.follow(withLimit(next, limit), accessToken, readPage, context)
        } catch (error) {
          if (!isTooMuch(error) || limit <= minPerPage) throw error
          limit = Math.ceil(limit / 2)
        }
      }
    }
  }
}

/** `api.follow` rejects an invalid URL. */
function withLimit (next: string, limit: number): string {
  if (limit === maxPerPage || !URL.canParse(next)) return next
  const url = new URL(next)
  url.searchParams.set('limit', String(limit))
  return url.href
}

function readPageOf<T> (json: unknown, read: (item: unknown) => T | undefined): ReadPage<T> | undefined {
  const data: unknown = isObject(json) ? json['data'] : undefined
  if (!isObject(json) || !Array.isArray(data)) return undefined
  const items = data.map(read).filter((item) => item !== undefined)
  const next = isObject(json['paging']) ? json['paging']['next'] : undefined
  return { items, unreadable: data.length - items.length, next: isText(next) ? next : undefined }
}

function readAccount (item: unknown): AdAccount | undefined {
  if (!isObject(item) || !isText(item['id']) || !/^act_\d{1,32}$/.test(item['id'])) return undefined
  const { id, name, currency, timezone_name: timezone } = item
  return { id, name: nameOf(name) || id, currency: nameOf(currency), timezone: nameOf(timezone) || 'UTC' }
}

/** PostgreSQL cannot store NUL, and no other control character is part of a name. */
function nameOf (value: unknown): string {
  return isText(value) ? value.replace(/\p{Cc}/gu, '').slice(0, 255) : ''
}

/** Facebook omits a figure that is zero, or sends null. */
function readDay (item: unknown): InsightsDay | undefined {
  if (!isObject(item)) return undefined
  const { date_start: day } = item
  if (!isText(day) || !isDay(day) || item['date_stop'] !== day) return undefined
  const [impressions, clicks, spend] = [item['impressions'], item['clicks'], item['spend']].map(decimalOf)
  if (impressions === undefined || clicks === undefined || spend === undefined) return undefined
  return { day, impressions, clicks, spend }
}

function isDay (text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) === true
}

/** Figures are text, which is exact. A number is accepted only in plain digits, because other notations are not exact. */
function decimalOf (value: unknown): string | undefined {
  const text = value === undefined || value === null ? '0' : typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && /^-?\d{1,30}(\.\d{1,30})?$/.test(text) ? text : undefined
}
