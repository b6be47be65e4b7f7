import type { Database } from '../db/index.ts'
import { probeMs } from './probe.ts'

export interface Admission {
  /** How many of the wanted requests may go now. */
  allowed: number
  /** Whether the one allowed request is a probe of an unhealthy provider. */
  isProbe: boolean
  /**
   * When the other requests may go, in milliseconds from now. With `everyMs`, this is the first one's time, and `everyMs` is
   * the interval.
   */
  waitMs: number
  everyMs: number
  reason: 'breakerOpen' | 'rateLimited' | 'misconfigured' | null
}

/** Requests that would wait for less time than this may go now. */
const toleranceMs = 20

/**
 * Decides for all workers together how many of `wanted` requests may go to a provider now. That is none while its breaker is
 * open or a rate limit applies, one when a probe is due, and up to `perSecond` where that limit is set. The other requests
 * receive slots, so they do not all return at once.
 */
export async function admit (
  { sql }: Database, provider: string, wanted: number, perSecond: number | undefined
): Promise<Admission> {
  const [row] = await sql<Admission[]>`
    with host as (
      select *, breaker <> 'closed' and retry_at <= now() as is_probe, greatest(next_at, now()) as free_at
      from provider_hosts where provider = ${provider} and host = '' for update
    ), gate as (
      select *,
        case when breaker <> 'closed' and not is_probe
          -- a probe may take long but rarely does, so other requests retry after a second
          then case breaker when 'probing' then now() + interval '1 second' else retry_at end when silent_until > now() then silent_until end as closed_until,
        ${perSecond ?? null}::float8 as rate
      from host
    ), shared as (
      select *,
        case when closed_until is not null then 0
          when is_probe then 1
          when rate is null then ${wanted}::int
          when free_at > now() + ${toleranceMs}::int * interval '1 millisecond' then 0
          else least(${wanted}::int, greatest(1, floor(rate)))::int end as allowed
      from gate
    ), granted as (
      -- the other requests come after those that already have a slot
      select *, greatest(turn_at, free_at + allowed / rate * interval '1 second') as late_at from shared
    ), changed as (
      update provider_hosts set
        breaker = case when is_probe then 'probing' else provider_hosts.breaker end,
        retry_at = case when is_probe then now() + ${probeMs}::int * interval '1 millisecond' else provider_hosts.retry_at end,
        next_at = case when rate is not null and allowed > 0 then free_at + allowed / rate * interval '1 second' else provider_hosts.next_at end,
        turn_at = case when rate is not null and closed_until is null and allowed < ${wanted}::int
          then late_at + (${wanted}::int - allowed) / rate * interval '1 second' else provider_hosts.turn_at end
      from granted
      where provider_hosts.provider = granted.provider and provider_hosts.host = '' and (is_probe or rate is not null)
    )
    select allowed, is_probe as "isProbe",
      greatest(0, extract(epoch from case when is_probe then now() + interval '1 second' when closed_until is not null then closed_until
        when rate is not null then late_at else now() end - now()) * 1000)::float8 as "waitMs",
      case when rate is null or closed_until is not null then 0 else 1000 / rate end::float8 as "everyMs",
      case when is_probe or closed_until is not null and breaker <> 'closed' then case when is_misconfigured then 'misconfigured' else 'breakerOpen' end
        when allowed < ${wanted}::int then 'rateLimited' end as reason
    from granted`
  if (row !== undefined) return row
  if (perSecond === undefined) return { allowed: wanted, isProbe: false, waitMs: 0, everyMs: 0, reason: null }
  await sql`insert into provider_hosts (provider, host) values (${provider}, '') on conflict do nothing`
  return admit({ sql } as Database, provider, wanted, perSecond)
}
