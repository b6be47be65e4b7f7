import type { PendingQuery, Row } from 'postgres'
import type { Database } from '../db/index.ts'
import { probeMs } from './probe.ts'

type Sql = Database['sql']
type Fragment = PendingQuery<Row[]>

/**
 * These fragments are parts of the statements that claim deliveries. They check user-chosen hosts. `admit` has already checked
 * the provider's own host.
 */

/** Starts probes of those `hosts` whose breaker is due for one, and returns the hosts. */
export function beginProbes (sql: Sql, provider: string, hosts: Fragment): Fragment {
  return sql`
    update provider_hosts set breaker = 'probing', retry_at = now() + ${probeMs}::int * interval '1 millisecond'
    where provider = ${provider} and host <> '' and retry_at <= now() and host in (${hosts})
    returning host`
}

/** Why each host may receive no requests, and until when. `reason` is null where requests may go. */
export function hostBlocks (sql: Sql): Fragment {
  return sql`
    select provider, host,
      case when breaker <> 'closed' and is_misconfigured then 'misconfigured' when breaker <> 'closed' then 'breakerOpen' when silent_until > now() then 'rateLimited' end as reason,
      greatest(case breaker when 'open' then retry_at when 'probing' then now() + interval '1 second' end, silent_until) as until
    from provider_hosts`
}
