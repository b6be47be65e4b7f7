import type { Database } from '@carillon/shared/db'
import { newId } from '@carillon/shared/db'
import type { DeliveryKey, Wake } from '@carillon/shared/notifications'

/** A delivery that is ours to send until the lease ends. */
export interface Claimed {
  notificationId: string
  connectionId: string
  /** Of the account, where users choose one; empty is the provider's own. */
  host: string
  /** Spent so far. */
  attempts: number
  /** Until its notification expires, from when it was claimed; null when it does not. */
  expiresInMs: number | null
  /** Sealed. */
  credentials: string
  credentialsVersion: number
  /** They are past the time that the provider has given them. */
  isExpired: boolean
  /** The one that its host's breaker lets through to see whether it is well again. */
  isProbe: boolean
}

export interface Claim {
  id: string
  claimed: Claimed[]
  /** When those fall due that must be left alone for a while. */
  wakes: Wake[]
}

const probeMs = 30_000

/**
 * Takes those of `keys` that are due, in one statement, and settles at once what is not to be sent: canceled, expired, skipped,
 * parked, or put off because its notification is paused or its provider wants to be left alone. Rows that somebody else holds
 * are left to them.
 */
export async function claim (
  { sql }: Database, provider: string, keys: DeliveryKey[], leaseMs: number, id = newId()
): Promise<Claim> {
  const rows = await sql<ClaimRow[]>`
    with wanted as (
      select * from unnest(${keys.map(([notification]) => notification)}::uuid[], ${keys.map(([, connection]) => connection)}::uuid[])
        as wanted (notification_id, connection_id)
    ), probed as (
      update provider_hosts set breaker = 'probing', retry_at = now() + ${probeMs}::int * interval '1 millisecond'
      where provider = ${provider} and host <> '' and retry_at <= now()
        and host in (select host from wanted join connections on connections.id = connection_id)
      returning host
    ), due as (
      select deliveries.notification_id, deliveries.connection_id, connections.host, connections.credentials,
        connections.credentials_version, coalesce(connections.expires_at <= now(), false) as is_expired, connections.status_reason,
        connections.limited_until, extract(epoch from notifications.expires_at - now())::float8 * 1000 as expires_in_ms,
        case
          when notifications.canceled_at is not null then 'canceled'
          when notifications.expires_at <= now() then 'expired'
          when connections.status = 'revoked' then 'skipped'
          when notifications.paused_at is not null then 'paused'
          when connections.status = 'needsReauth' then 'parked'
          when connections.limited_until > now() then 'limited'
          else 'sending' end as fate
      from wanted
      join deliveries using (notification_id, connection_id)
      join notifications on notifications.id = deliveries.notification_id
      join connections on connections.id = deliveries.connection_id
      -- a job may come a moment early by the database's clock
      where deliveries.due_at <= now() + interval '1 second'
      for update of deliveries skip locked
    ), judged as (
      select due.*, probed.host is not null as is_probe,
        row_number() over (partition by due.host, fate order by notification_id) as place,
        case when hosts.breaker <> 'closed' then 'breakerOpen' when hosts.silent_until > now() then 'rateLimited' end as host_reason,
        -- while somebody probes it is soon known more
        greatest(case hosts.breaker when 'open' then hosts.retry_at end, hosts.silent_until, now() + interval '1 second') as host_until
      from due
      left join probed on probed.host = due.host
      left join provider_hosts as hosts on hosts.provider = ${provider} and hosts.host = due.host and due.host <> ''
    ), fated as (
      select notification_id, connection_id, host, credentials, credentials_version, is_expired, is_probe, expires_in_ms,
        case when fate = 'sending' and host_reason is not null and not (is_probe and place = 1) then 'limited' else fate end as fate,
        case fate when 'limited' then limited_until when 'sending' then host_until when 'paused' then 'infinity' end as until,
        case fate
          when 'canceled' then 'canceled' when 'expired' then 'expired' when 'paused' then 'paused' when 'limited' then 'rateLimited'
          when 'sending' then host_reason else status_reason end as reason
      from judged
    ), held as (
      insert into claims (id, provider, notification_ids, first_id, last_id, until)
      select ${id}::uuid, ${provider}, array_agg(distinct notification_id), (array_agg(connection_id order by connection_id))[1],
        (array_agg(connection_id order by connection_id desc))[1], now() + ${leaseMs}::int * interval '1 millisecond'
      from fated where fate = 'sending' having count(*) > 0
    )
    update deliveries set
      state = case when fate in ('limited', 'paused') then state else fate end,
      due_at = case when fate in ('limited', 'paused') then until end,
      parked_at = case fate when 'parked' then now() end,
      job_id = case fate when 'sending' then job_id end,
      claim_id = case fate when 'sending' then ${id}::uuid end,
      reason = case fate when 'sending' then deliveries.reason else fated.reason end,
      history = case
        when fate = 'sending' then history
        -- it waits for that already: a job has come a moment early
        when fate = 'limited' and deliveries.reason = fated.reason and until <= deliveries.due_at + interval '1 second' then history
        else history || jsonb_strip_nulls(jsonb_build_object(
        'at', now(), 'event', case fate when 'limited' then 'wait' else fate end, 'reason', fated.reason,
        'until', case fate when 'limited' then until end)) end,
      updated_at = now()
    from fated
    where deliveries.notification_id = fated.notification_id and deliveries.connection_id = fated.connection_id
    returning fate, deliveries.notification_id as "notificationId", deliveries.connection_id as "connectionId", host, attempts,
      credentials, credentials_version as "credentialsVersion", is_expired as "isExpired", is_probe as "isProbe", expires_in_ms as "expiresInMs",
      case fate when 'limited' then extract(epoch from until - now()) * 1000 end::float8 as "delayMs"`
  return {
    id,
    claimed: rows.filter(isClaimed),
    wakes: rows.flatMap(({ delayMs }) => delayMs === null ? [] : [{ provider, delayMs }])
  }
}

interface ClaimRow extends Omit<Claimed, 'credentials'> {
  fate: 'canceled' | 'expired' | 'skipped' | 'parked' | 'paused' | 'limited' | 'sending'
  credentials: string | null
  delayMs: number | null
}

function isClaimed (row: ClaimRow): row is ClaimRow & Claimed {
  return row.fate === 'sending' && row.credentials !== null
}
