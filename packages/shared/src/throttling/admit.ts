import type { Database } from '../db/index.ts'
import { probeMs } from './probe.ts'

export interface Admission {
  /** How many of those who want may go now. */
  allowed: number
  /** A single one is let through to see whether the provider is well again. */
  isProbe: boolean
  /** When it is the others' turn, in milliseconds from now; the first's, if `everyMs` sets them apart. */
  waitMs: number
  everyMs: number
  reason: 'breakerOpen' | 'rateLimited' | null
}

/** Who has to wait for less than this need not. */
const toleranceMs = 20

/**
 * Asks, for all workers at once, how many of `wanted` requests a provider may be sent now: none while its breaker is open or it
 * has asked for silence, one when it is time for a probe, a second's worth where requests are limited to `perSecond`. Those who
 * have to wait are given turns, so that they do not all come back together.
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
          -- a probe may take long, but few do: whoever comes meanwhile looks again soon
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
      -- the others come after those who were told to come later before
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
      case when is_probe or closed_until is not null and breaker <> 'closed' then 'breakerOpen'
        when allowed < ${wanted}::int then 'rateLimited' end as reason
    from granted`
  if (row !== undefined) return row
  if (perSecond === undefined) return { allowed: wanted, isProbe: false, waitMs: 0, everyMs: 0, reason: null }
  await sql`insert into provider_hosts (provider, host) values (${provider}, '') on conflict do nothing`
  return admit({ sql } as Database, provider, wanted, perSecond)
}
