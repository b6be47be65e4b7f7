import type { Database } from '../db/index.ts'

/** The state of the pull of a connection's data. */
export interface PullStatus {
  state: 'waiting' | 'running'
  dueAt: Date
  startedAt: Date | null
  endedAt: Date | null
  succeededAt: Date | null
  /** Why the pull waits longer than usual. */
  reason: string | null
  failedAt: Date | null
  failure: string | null
}

/** The figures of one account and day: exact decimal numbers as text. */
export interface InsightsRow {
  account: string
  accountName: string
  currency: string
  day: string
  impressions: string
  clicks: string
  spend: string
}

export interface InsightsFilter {
  connectionId: string
  /** `YYYY-MM-DD`, both included. */
  since?: string | undefined
  until?: string | undefined
  account?: string | undefined
}

/** The position in a list after which the next page starts. */
export type InsightsPlace = Pick<InsightsRow, 'day' | 'account'>

/** The sums of one currency, because amounts of different currencies do not add up. */
export interface InsightsTotal {
  currency: string
  impressions: string
  clicks: string
  spend: string
}

export async function findPull ({ sql }: Database, connectionId: string): Promise<PullStatus | undefined> {
  const [row] = await sql<Array<Record<'dueAt' | 'startedAt' | 'endedAt' | 'succeededAt' | 'failedAt', string | null> &
    Pick<PullStatus, 'state' | 'reason' | 'failure'>>>`
    select state, due_at as "dueAt", started_at as "startedAt", ended_at as "endedAt", succeeded_at as "succeededAt", reason,
      failed_at as "failedAt", failure
    from pulls where connection_id = ${connectionId}`
  if (row === undefined) return undefined
  const { dueAt, startedAt, endedAt, succeededAt, failedAt, ...rest } = row
  return {
    ...rest,
    dueAt: timeOf(dueAt) ?? new Date(0),
    startedAt: timeOf(startedAt),
    endedAt: timeOf(endedAt),
    succeededAt: timeOf(succeededAt),
    failedAt: timeOf(failedAt)
  }
}

/** Lists up to `limit` rows after `after`, ordered by day and account. */
export async function listInsights (
  database: Database, filter: InsightsFilter, { limit, after }: { limit: number, after?: InsightsPlace | undefined }
): Promise<InsightsRow[]> {
  const { sql } = database
  const isAfter = after === undefined ? sql`` : sql`and (day, account_id) > (${after.day}::text::date, ${after.account})`
  return [...await sql<InsightsRow[]>`
    select account_id as account, name as "accountName", currency, day::text as day, impressions::text as impressions, clicks::text as clicks,
      spend::text as spend
    from insights join ad_accounts using (connection_id, account_id)
    where ${matchesFilter(database, filter)} ${isAfter}
    order by day, account_id limit ${limit}`]
}

/** The sums of all rows that match the filter, by currency. */
export async function sumInsights (database: Database, filter: InsightsFilter): Promise<InsightsTotal[]> {
  const { sql } = database
  return [...await sql<InsightsTotal[]>`
    select currency, sum(impressions)::text as impressions, sum(clicks)::text as clicks, sum(spend)::text as spend
    from insights join ad_accounts using (connection_id, account_id)
    where ${matchesFilter(database, filter)} group by currency order by currency`]
}

function matchesFilter ({ sql }: Database, { connectionId, since, until, account }: InsightsFilter) {
  return sql`connection_id = ${connectionId}
    ${since === undefined ? sql`` : sql`and day >= ${since}::text::date`} ${until === undefined ? sql`` : sql`and day <= ${until}::text::date`}
    ${account === undefined ? sql`` : sql`and account_id = ${account}`}`
}

function timeOf (text: string | null): Date | null {
  return text === null ? null : new Date(text)
}
