import type { Database } from '../db/index.ts'
import { listBlockedHosts, toHostState } from '../throttling/index.ts'
import type { HostState, HostStateRow } from '../throttling/index.ts'

/** The number of pending deliveries at a provider. */
interface Waiting {
  /** Deliveries to named users: due now, and due later (scheduled, spread or waiting for a retry). */
  due: number
  later: number
  /** Connections of broadcasts in segments that are not claimed yet. */
  broadcast: number
  /** Since when the oldest of what is due waits. */
  oldestDueAt: Date | null
}

export interface ProviderState {
  provider: string
  /** Hosts with an open breaker or a limit, the provider's own host first. At most 100. */
  hosts: HostState[]
  waiting: Waiting
}

export async function listProviderStates ({ sql }: Database, providers: string[]): Promise<ProviderState[]> {
  const rows = await sql<ProviderRow[]>`
    select wanted.provider,
      (${listBlockedHosts(sql, sql`wanted.provider`)}) as hosts,
      jsonb_build_object(
        'due', (select count(*) from deliveries where deliveries.provider = wanted.provider and due_at <= now()),
        'later', (select count(*) from deliveries where deliveries.provider = wanted.provider and due_at > now()),
        'broadcast', (select coalesce(sum(size), 0) from segments where segments.provider = wanted.provider),
        'oldestDueAt', least(
          (select min(due_at) from deliveries where deliveries.provider = wanted.provider and due_at <= now()),
          (select min(due_at) from segments join notifications on notifications.id = notification_id
            where segments.provider = wanted.provider and due_at <= now() and paused_at is null))
      ) as waiting
    from unnest(${providers}::text[]) with ordinality as wanted (provider, position) order by position`
  return rows.map(({ provider, hosts, waiting: { oldestDueAt, ...waiting } }) => ({
    provider,
    hosts: hosts.map(toHostState),
    waiting: { ...waiting, oldestDueAt: oldestDueAt === null ? null : new Date(oldestDueAt) }
  }))
}

interface ProviderRow {
  provider: string
  hosts: HostStateRow[]
  waiting: Omit<Waiting, 'oldestDueAt'> & { oldestDueAt: string | null }
}

/** Counts due deliveries to named users, up to `max`. Retries of broadcasts do not count. */
export async function countWaiting ({ sql }: Database, max: number): Promise<number> {
  const [all] = await sql<[{ number: number }]>`
    select count(*)::int as number from (select from deliveries where due_at <= now() limit ${max}) as waiting`
  // Looking up the notification of each row is only necessary when the count reaches the limit.
  if (all.number < max) return all.number
  const [named] = await sql<[{ number: number }]>`
    select count(*)::int as number from (
      select from deliveries where due_at <= now() and notification_id not in (select notification_id from progress) limit ${max}
    ) as waiting`
  return named.number
}
