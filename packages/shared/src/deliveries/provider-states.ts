import type { Database } from '../db/index.ts'

/** What all workers know of a host of a provider's. */
export interface HostState {
  /** Empty is the provider's own. */
  host: string
  breaker: 'closed' | 'open' | 'probing'
  /** Why the breaker is open, since when, and when the next probe may go. */
  reason: string | null
  openedAt: Date | null
  retryAt: Date | null
  /** Until when the host has asked everybody to be left alone. */
  silentUntil: Date | null
}

/** What waits at a provider, in numbers of deliveries. */
export interface Waiting {
  /** To people by name: due, and later (scheduled, spread, or to be tried again). */
  due: number
  later: number
  /** Of broadcasts: what nobody has begun to send. */
  broadcast: number
}

export interface ProviderState {
  provider: string
  /** Those against which there is something, the provider's own first; a hundred at most. */
  hosts: HostState[]
  waiting: Waiting
}

const mostHosts = 100

/** How these providers are, in their order. */
export async function listProviderStates ({ sql }: Database, providers: string[]): Promise<ProviderState[]> {
  const rows = await sql<Array<Omit<ProviderState, 'hosts'> & { hosts: HostRow[] }>>`
    select wanted.provider,
      (
        select coalesce(jsonb_agg(state order by state.host), '[]') from (
          select host, breaker, reason, opened_at as "openedAt", retry_at as "retryAt", silent_until as "silentUntil"
          from provider_hosts
          where provider_hosts.provider = wanted.provider and (breaker <> 'closed' or silent_until > now())
          order by host <> '', opened_at desc nulls last limit ${mostHosts}
        ) as state
      ) as hosts,
      jsonb_build_object(
        'due', (select count(*) from deliveries where deliveries.provider = wanted.provider and due_at <= now()),
        'later', (select count(*) from deliveries where deliveries.provider = wanted.provider and due_at > now()),
        'broadcast', (select coalesce(sum(size), 0) from segments where segments.provider = wanted.provider)
      ) as waiting
    from unnest(${providers}::text[]) with ordinality as wanted (provider, position) order by position`
  return rows.map(({ provider, hosts, waiting }) => ({ provider, hosts: hosts.map(toHostState), waiting }))
}

/**
 * How many deliveries to people by name are due and wait, but no more than `most`: beyond it, it does not matter. What a
 * broadcast is to try again does not count.
 */
export async function countWaiting ({ sql }: Database, most: number): Promise<number> {
  const [all] = await sql<[{ number: number }]>`
    select count(*)::int as number from (select from deliveries where due_at <= now() limit ${most}) as waiting`
  // Which of them are whose is asked only where it matters: for that, each has to be looked at.
  if (all.number < most) return all.number
  const [named] = await sql<[{ number: number }]>`
    select count(*)::int as number from (
      select from deliveries where due_at <= now() and notification_id not in (select notification_id from progress) limit ${most}
    ) as waiting`
  return named.number
}

type HostRow = Omit<HostState, 'openedAt' | 'retryAt' | 'silentUntil'> & {
  openedAt: string | null, retryAt: string | null, silentUntil: string | null
}

function toHostState ({ host, breaker, reason, openedAt, retryAt, silentUntil }: HostRow): HostState {
  return { host, breaker, reason, openedAt: toDate(openedAt), retryAt: toDate(retryAt), silentUntil: toDate(silentUntil) }
}

function toDate (text: string | null): Date | null {
  return text === null ? null : new Date(text)
}
