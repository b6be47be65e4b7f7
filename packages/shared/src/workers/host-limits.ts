import type { Database } from '../db/index.ts'
import { aliveWithin } from './alive.ts'

/** Why the limit of a host fell. `latency`: requests queue at the host. */
export type LimitFallReason = 'rateLimited' | 'unavailable' | 'timeout' | 'unreachable' | 'latency'

/** How many requests one worker may have in flight at a host. */
export interface HostLimit {
  provider: string
  /** Empty for the provider's own host. */
  host: string
  limit: number
  inFlight: number
  /** Deliveries that are claimed and wait for one of these requests to end. */
  waiting: number
  lastFall: { at: string, reason: LimitFallReason, from: number, to: number } | null
}

/** Of all running workers together. The last fall is the latest one of a worker. */
export interface SharedHostLimit extends HostLimit {
  workers: number
}

const maxHosts = 100

/** The limits that running workers reported, those of the most requests in flight first. At most 100 hosts for each provider. */
export async function listHostLimits ({ sql }: Pick<Database, 'sql'>): Promise<SharedHostLimit[]> {
  return await sql<SharedHostLimit[]>`
    select provider, host, "limit", "inFlight", waiting, workers, "lastFall"
    from (
      select one.provider, one.host, sum(one."limit")::int as "limit", sum(one."inFlight")::int as "inFlight",
        sum(one.waiting)::int as waiting, count(*)::int as workers,
        (array_agg(one."lastFall" order by one."lastFall"->>'at' desc nulls last))[1] as "lastFall",
        row_number() over (partition by one.provider order by one.host = '' desc, sum(one."inFlight") desc, one.host) as position
      from workers, jsonb_to_recordset(host_limits)
        as one (provider text, host text, "limit" int, "inFlight" int, waiting int, "lastFall" jsonb)
      where seen_at > now() - ${aliveWithin}::interval
      group by one.provider, one.host
    ) as shared
    where position <= ${maxHosts} order by provider, position`
}
