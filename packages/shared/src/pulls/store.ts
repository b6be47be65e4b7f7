import type { Database } from '../db/index.ts'
import type { AdAccount, InsightsDay } from '../providers/index.ts'
import type { TakenPull } from './take.ts'

/** Another worker has the lease, or the connection is closed, so this pull must store nothing more. */
export class PullLeaseLostError extends Error {
  override readonly name = 'PullLeaseLostError'
}

/** An account whose days must be pulled in this round. */
export interface AccountToRead {
  accountId: string
  timezone: string
  /** The last day that was pulled before, `YYYY-MM-DD`. Null before the first pull. */
  pulledTo: string | null
}

/** Extends the lease by its full length. Throws PullLeaseLostError. */
export async function renewPull (database: Database, taken: TakenPull): Promise<void> {
  await assertLeaseHeld(await renewed(database, taken))
}

/** Stores a page of accounts in one statement. Throws PullLeaseLostError. */
export async function storeAccounts (database: Database, taken: TakenPull, accounts: AdAccount[]): Promise<void> {
  const { sql } = database
  const all = [...new Map(accounts.map((account) => [account.id, account])).values()]
  await assertLeaseHeld(await sql`
    with mine as (${renewed(database, taken)}), stored as (
      insert into ad_accounts (connection_id, account_id, name, currency, timezone, listed_at)
      select mine.connection_id, listed.*, now() from mine, unnest(
        ${all.map(({ id }) => id)}::text[], ${all.map(({ name }) => name)}::text[],
        ${all.map(({ currency }) => currency)}::text[], ${all.map(({ timezone }) => timezone)}::text[]) as listed
      on conflict (connection_id, account_id) do update set
        name = excluded.name, currency = excluded.currency, timezone = excluded.timezone, listed_at = excluded.listed_at
    )
    select from mine`)
}

/** Records that all accounts are listed. Throws PullLeaseLostError. */
export async function endListing ({ sql }: Database, { connectionId, leaseId }: TakenPull): Promise<void> {
  await assertLeaseHeld(await sql`
    update pulls set listed_at = now() where connection_id = ${connectionId} and lease_id = ${leaseId} returning connection_id`)
}

/** The accounts that are left in this round. Undefined until all accounts are listed. */
export async function accountsToRead ({ sql }: Database, { connectionId }: TakenPull): Promise<AccountToRead[] | undefined> {
  const [row] = await sql<Array<{ isListed: boolean, accounts: AccountToRead[] }>>`
    select coalesce(pulls.listed_at >= round_at, false) as "isListed", (
      select coalesce(jsonb_agg(jsonb_build_object('accountId', account_id, 'timezone', timezone, 'pulledTo', pulled_to) order by account_id), '[]')
      from ad_accounts where connection_id = pulls.connection_id and ad_accounts.listed_at >= round_at
        and coalesce(pulled_at < round_at, true)
    ) as accounts
    from pulls where connection_id = ${connectionId}`
  return row?.isListed === true ? row.accounts : undefined
}

/** Stores a page of an account's days in one statement, and replaces existing days. Throws PullLeaseLostError. */
export async function storeDays (database: Database, taken: TakenPull, accountId: string, days: InsightsDay[]): Promise<void> {
  const { sql } = database
  const all = [...new Map(days.map((day) => [day.day, day])).values()]
  await assertLeaseHeld(await sql`
    with mine as (${renewed(database, taken)}), stored as (
      insert into insights (connection_id, account_id, day, impressions, clicks, spend, fetched_at)
      select mine.connection_id, ${accountId}, told.day::date, told.impressions::numeric, told.clicks::numeric, told.spend::numeric, now()
      from mine, unnest(
        ${all.map(({ day }) => day)}::text[], ${all.map(({ impressions }) => impressions)}::text[],
        ${all.map(({ clicks }) => clicks)}::text[], ${all.map(({ spend }) => spend)}::text[]) as told (day, impressions, clicks, spend)
      on conflict (connection_id, day, account_id) do update set
        impressions = excluded.impressions, clicks = excluded.clicks, spend = excluded.spend, fetched_at = excluded.fetched_at
    )
    select from mine`)
}

/**
 * Deletes an account's days from `since` to `until`, both included, that the provider no longer has: those that are not in
 * `days`. Throws PullLeaseLostError.
 */
export async function removeOtherDays (
  database: Database, taken: TakenPull, accountId: string,
  { since, until, days }: { since: string, until: string, days: string[] }
): Promise<void> {
  const { sql } = database
  await assertLeaseHeld(await sql`
    with mine as (${renewed(database, taken)}), removed as (
      delete from insights using mine
      where insights.connection_id = mine.connection_id and account_id = ${accountId}
        and day between ${since}::text::date and ${until}::text::date and day <> all (${days}::text[]::date[])
    )
    select from mine`)
}

/** Records that an account's days are pulled up to and including `to`. Throws PullLeaseLostError. */
export async function endAccount (database: Database, taken: TakenPull, accountId: string, to: string): Promise<void> {
  const { sql } = database
  await assertLeaseHeld(await sql`
    with mine as (${renewed(database, taken)})
    update ad_accounts set pulled_at = now(), pulled_to = ${to}::text::date from mine
    where ad_accounts.connection_id = mine.connection_id and account_id = ${accountId} returning account_id`)
}

/** Records the provider's rate limit for this account, for `waitMs` and through any connection. */
export async function limitAccount ({ sql }: Database, provider: string, accountId: string, waitMs: number): Promise<void> {
  await sql`
    update ad_accounts set limited_until = now() + ${waitMs}::float8 * interval '1 millisecond'
    from connections where connections.id = connection_id and provider = ${provider} and ad_accounts.account_id = ${accountId}`
}

/** How long requests about this account must wait, in milliseconds. 0 when they need not wait. */
export async function accountWaitMs ({ sql }: Database, { connectionId }: TakenPull, accountId: string): Promise<number> {
  const [row] = await sql<Array<{ waitMs: number }>>`
    select greatest(0, extract(epoch from limited_until - now()) * 1000)::float8 as "waitMs" from ad_accounts
    where connection_id = ${connectionId} and account_id = ${accountId} and limited_until > now()`
  return row?.waitMs ?? 0
}

/** Every write extends the lease. */
function renewed ({ sql }: Database, { connectionId, leaseId, leaseMs }: TakenPull) {
  return sql`
    update pulls set lease_until = now() + ${leaseMs}::int * interval '1 millisecond'
    where connection_id = ${connectionId} and lease_id = ${leaseId} returning connection_id`
}

async function assertLeaseHeld (rows: ArrayLike<unknown>): Promise<void> {
  if (rows.length === 0) throw new PullLeaseLostError('another worker reads now')
}
