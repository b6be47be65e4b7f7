import type { PendingQuery, Row } from 'postgres'
import type { Database } from '../db/index.ts'
import { probeMs } from './probe.ts'

type Sql = Database['sql']
type Fragment = PendingQuery<Row[]>

/**
 * Parts of statements that claim deliveries. A claim asks for the hosts that users choose; `admit` has asked for the provider's
 * own host before.
 */

/** Makes the claim the prober of those `hosts` whose breaker is open and due for a probe, and returns them. */
export function beginProbes (sql: Sql, provider: string, hosts: Fragment): Fragment {
  return sql`
    update provider_hosts set breaker = 'probing', retry_at = now() + ${probeMs}::int * interval '1 millisecond'
    where provider = ${provider} and host <> '' and retry_at <= now() and host in (${hosts})
    returning host`
}

/** Why nothing may be sent to each host, and until when; `reason` is null where sending is allowed. */
export function hostBlocks (sql: Sql): Fragment {
  return sql`
    select provider, host,
      case when breaker <> 'closed' then 'breakerOpen' when silent_until > now() then 'rateLimited' end as reason,
      greatest(case breaker when 'open' then retry_at when 'probing' then now() + interval '1 second' end, silent_until) as until
    from provider_hosts`
}
