import type { Credentials } from './credentials.ts'
import type { RequestContext } from './request-context.ts'

/** An ad account, as the provider describes it. */
export interface AdAccount {
  id: string
  name: string
  currency: string
  /** For example `Europe/Berlin`. The account's days begin and end in this time zone. */
  timezone: string
}

/** The figures of one day: decimal numbers with the provider's precision. */
export interface InsightsDay {
  /** `YYYY-MM-DD`, in the account's own time zone. */
  day: string
  impressions: string
  clicks: string
  spend: string
}

/** One page of a provider's list. */
export interface PullPage<Item> {
  items: Item[]
  /** How many further items could not be parsed. Their stored data stays unchanged. */
  unreadable: number
}

/** Data that Carillon pulls through a connection, one page at a time. */
export interface Pull<C extends Credentials = Credentials> {
  readonly name: string
  /** Lists all accounts that the credentials give access to. Throws ProviderError. */
  accounts (credentials: C, context: RequestContext): AsyncIterable<PullPage<AdAccount>>
  /** Lists the days from `since` to `until`, both included. Throws ProviderError. */
  days (
    accountId: string, range: { since: string, until: string }, credentials: C, context: RequestContext
  ): AsyncIterable<PullPage<InsightsDay>>
}
