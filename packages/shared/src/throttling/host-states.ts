import type { PendingQuery, Row } from 'postgres'
import type { Database } from '../db/index.ts'

/** The state of a provider's host that all workers share. */
export interface HostState {
  /** Empty for the provider's own host. */
  host: string
  breaker: 'closed' | 'open' | 'probing'
  /** Why and since when the breaker is open, and when the next probe may go. */
  reason: string | null
  /** The provider refuses the deployment itself, so an operator has to fix the configuration. */
  isMisconfigured: boolean
  openedAt: Date | null
  retryAt: Date | null
  /** Until when the host's rate limit applies. */
  silentUntil: Date | null
}

const maxHosts = 100

/** A host's state in JSON. */
export type HostStateRow = Omit<HostState, 'openedAt' | 'retryAt' | 'silentUntil'> & {
  openedAt: string | null, retryAt: string | null, silentUntil: string | null
}

/** A JSON array of the hosts of `provider` with an open breaker or a limit: the provider's own first, at most 100. */
export function listBlockedHosts (sql: Database['sql'], provider: PendingQuery<Row[]>): PendingQuery<Row[]> {
  return sql`
    select coalesce(jsonb_agg(state order by state.host), '[]') from (
      select host, breaker, reason, is_misconfigured as "isMisconfigured", opened_at as "openedAt", retry_at as "retryAt", silent_until as "silentUntil"
      from provider_hosts
      where provider_hosts.provider = ${provider} and (breaker <> 'closed' or silent_until > now())
      order by host <> '', opened_at desc nulls last limit ${maxHosts}
    ) as state`
}

export function toHostState ({ openedAt, retryAt, silentUntil, ...state }: HostStateRow): HostState {
  return { ...state, openedAt: toDate(openedAt), retryAt: toDate(retryAt), silentUntil: toDate(silentUntil) }
}

/** Whether the provider's own host may receive no requests now. */
export async function isProviderBlocked ({ sql }: Database, provider: string): Promise<boolean> {
  const rows = await sql`
    select from provider_hosts
    where provider = ${provider} and host = '' and (silent_until > now() or breaker <> 'closed' and retry_at > now())`
  return rows.length > 0
}

function toDate (text: string | null): Date | null {
  return text === null ? null : new Date(text)
}
