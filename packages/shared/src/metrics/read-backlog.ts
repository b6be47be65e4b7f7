import type { Database } from '../db/index.ts'

export interface ProviderBacklog {
  provider: string
  /** Deliveries to named users and retries that are due. */
  due: number
  /** Connections in segments of broadcasts that are due and not claimed yet. */
  broadcast: number
  /** The time since the oldest of both was due. 0 when nothing is due. */
  oldestSeconds: number
  /** The breaker of the provider's own host is not closed. */
  isOpen: boolean
  /** The provider refuses the deployment itself. */
  isPaused: boolean
  /** The provider's rate limit applies to all connections. */
  isLimited: boolean
  /** Hosts that users chose, with an open breaker or a limit. */
  openHosts: number
  limitedHosts: number
}

export interface Backlog {
  providers: ProviderBacklog[]
  /** Connections to the database of this role, from all processes, by what they do. */
  connections: Record<string, number>
  maxConnections: number
}

/** Reads what all processes share, in one statement. Each part is answered by an index, or from a small table. */
export async function readBacklog ({ sql }: Pick<Database, 'sql'>, providers: string[]): Promise<Backlog> {
  const [row] = await sql<Backlog[]>`
    with due as (
      select wanted.provider, count(due_at)::int as number, min(due_at) as oldest
      from unnest(${providers}::text[]) as wanted (provider)
      left join deliveries on deliveries.provider = wanted.provider and due_at <= now() group by 1
    ), segment as (
      select segments.provider, sum(size)::int as number, min(due_at) as oldest
      from segments join notifications on notifications.id = notification_id
      where due_at <= now() and paused_at is null and canceled_at is null group by 1
    ), host as (
      select provider, bool_or(host = '' and breaker <> 'closed') as is_open, bool_or(is_misconfigured and breaker <> 'closed') as is_paused,
        bool_or(host = '' and silent_until > now()) as is_limited,
        count(*) filter (where host <> '' and breaker <> 'closed')::int as open, count(*) filter (where host <> '' and silent_until > now())::int as limited
      from provider_hosts where breaker <> 'closed' or silent_until > now() group by 1
    ), connection as (
      select case when state in ('active', 'idle', 'idle in transaction') then state else 'other' end as state, count(*)::int as number
      from pg_stat_activity where datname = current_database() and usename = current_user group by 1
    )
    select (
      select jsonb_agg(jsonb_build_object(
        'provider', due.provider, 'due', due.number, 'broadcast', coalesce(segment.number, 0),
        'oldestSeconds', coalesce(extract(epoch from now() - least(due.oldest, segment.oldest)), 0)::float8,
        'isOpen', coalesce(is_open, false), 'isPaused', coalesce(is_paused, false), 'isLimited', coalesce(is_limited, false),
        'openHosts', coalesce(host.open, 0), 'limitedHosts', coalesce(host.limited, 0)))
      from due left join segment using (provider) left join host using (provider)
    ) as providers,
    (select coalesce(jsonb_object_agg(state, number), '{}') from connection) as connections,
    current_setting('max_connections')::int as "maxConnections"`
  return { providers: row?.providers ?? [], connections: row?.connections ?? {}, maxConnections: row?.maxConnections ?? 0 }
}
