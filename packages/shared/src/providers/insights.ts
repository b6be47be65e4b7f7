import type { Credentials } from './credentials.ts'
import type { RequestContext } from './request-context.ts'

/** An ad account, as the provider describes it. */
export interface AdAccount {
  id: string
  name: string
  currency: string
  /** Such as `Europe/Berlin`. The account's days begin and end in it. */
  timezone: string
}

/** The figures of one day: decimal numbers, as exact as the provider reports them. */
export interface InsightsDay {
  /** `YYYY-MM-DD`, in the account's own time zone. */
  day: string
  impressions: string
  clicks: string
  spend: string
}

/** One page of what a provider returns. */
export interface PullPage<Item> {
  items: Item[]
  /** How many further items could not be read. What is stored of these stays as it is. */
  unreadable: number
}

/** Data that is read through a connection, one page at a time. */
export interface Pull<C extends Credentials = Credentials> {
  readonly name: string
  /** All accounts that the credentials reach. Throws ProviderError. */
  accounts (credentials: C, call: RequestContext): AsyncIterable<PullPage<AdAccount>>
  /** The days from `since` to `until`, both included. Throws ProviderError. */
  days (
    accountId: string, range: { since: string, until: string }, credentials: C, call: RequestContext
  ): AsyncIterable<PullPage<InsightsDay>>
}
