import type { Database } from '../db/index.ts'
import { listBlockedHosts, toHostState } from '../throttling/index.ts'
import type { HostState, HostStateRow } from '../throttling/index.ts'

/** How many deliveries wait at a provider. */
interface Waiting {
  /** To named users: due, and due later (scheduled, spread, or to be retried). */
  due: number
  later: number
  /** Of broadcasts: connections whose segments are not claimed yet. */
  broadcast: number
}

export interface ProviderState {
  provider: string
  /** Hosts with an open breaker or a limit, the provider's own first; a hundred at most. */
  hosts: HostState[]
  waiting: Waiting
}

/** The states of these providers, in their order. */
export async function listProviderStates ({ sql }: Database, providers: string[]): Promise<ProviderState[]> {
  const rows = await sql<Array<Omit<ProviderState, 'hosts'> & { hosts: HostStateRow[] }>>`
    select wanted.provider,
      (${listBlockedHosts(sql, sql`wanted.provider`)}) as hosts,
      jsonb_build_object(
        'due', (select count(*) from deliveries where deliveries.provider = wanted.provider and due_at <= now()),
        'later', (select count(*) from deliveries where deliveries.provider = wanted.provider and due_at > now()),
        'broadcast', (select coalesce(sum(size), 0) from segments where segments.provider = wanted.provider)
      ) as waiting
    from unnest(${providers}::text[]) with ordinality as wanted (provider, position) order by position`
  return rows.map(({ provider, hosts, waiting }) => ({ provider, hosts: hosts.map(toHostState), waiting }))
}

/** How many deliveries to named users are due and wait, counted up to `max`. Retries of broadcasts do not count. */
export async function countWaiting ({ sql }: Database, max: number): Promise<number> {
  const [all] = await sql<[{ number: number }]>`
    select count(*)::int as number from (select from deliveries where due_at <= now() limit ${max}) as waiting`
  // Only a full count is worth looking up the notification of each row.
  if (all.number < max) return all.number
  const [named] = await sql<[{ number: number }]>`
    select count(*)::int as number from (
      select from deliveries where due_at <= now() and notification_id not in (select notification_id from progress) limit ${max}
    ) as waiting`
  return named.number
}
