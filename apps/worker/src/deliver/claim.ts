import type { Database } from '@carillon/shared/db'
import { newId } from '@carillon/shared/db'
import type { DeliveryKey, Dispatched } from '@carillon/shared/notifications'

/** A delivery that is ours to send until the lease ends. */
export interface Claimed {
  notificationId: string
  connectionId: string
  /** Spent so far. */
  attempts: number
  /** Sealed. */
  credentials: string
  credentialsVersion: number
  /** They are past the time that the provider has given them. */
  isExpired: boolean
}

export interface Claim {
  id: string
  claimed: Claimed[]
  /** Rows whose connection must be left alone for a while; they have a new job each and want to be enqueued. */
  limited: Dispatched[]
}

/**
 * Takes those of `keys` that are due, in one statement, and settles at once what is not to be sent: expired, skipped,
 * parked, or put off because the provider asked for silence. Rows that somebody else holds are left to them.
 */
export async function claim ({ sql }: Database, keys: DeliveryKey[], leaseMs: number): Promise<Claim> {
  const id = newId()
  const rows = await sql<ClaimRow[]>`
    with due as (
      select deliveries.notification_id, deliveries.connection_id, connections.limited_until,
        connections.credentials, connections.credentials_version, coalesce(connections.expires_at <= now(), false) as is_expired,
        case
          when notifications.expires_at <= now() then 'expired'
          when connections.status = 'revoked' then 'skipped'
          when connections.status = 'needsReauth' then 'parked'
          when connections.limited_until > now() then 'limited'
          else 'sending' end as fate,
        case
          when notifications.expires_at <= now() then 'expired'
          when connections.status <> 'active' then connections.status_reason
          when connections.limited_until > now() then 'rateLimited' end as reason
      from unnest(${keys.map(([notification]) => notification)}::uuid[], ${keys.map(([, connection]) => connection)}::uuid[])
        as wanted (notification_id, connection_id)
      join deliveries using (notification_id, connection_id)
      join notifications on notifications.id = deliveries.notification_id
      join connections on connections.id = deliveries.connection_id
      -- a delayed job may come a moment early by the database's clock
      where deliveries.state in ('queued', 'retrying') and deliveries.due_at <= now() + interval '1 second'
      for update of deliveries skip locked
    )
    update deliveries set
      state = case fate when 'limited' then state else fate end,
      due_at = case fate when 'limited' then limited_until end,
      job_id = case fate when 'limited' then ${id}::text || '-' || floor(extract(epoch from limited_until)) end,
      claim_id = case fate when 'sending' then ${id}::uuid end,
      claimed_until = case fate when 'sending' then now() + ${leaseMs}::int * interval '1 millisecond' end,
      reason = coalesce(due.reason, deliveries.reason),
      history = case fate when 'sending' then history else history || jsonb_strip_nulls(jsonb_build_object(
        'at', now(), 'event', case fate when 'limited' then 'wait' else fate end, 'reason', due.reason,
        'until', case fate when 'limited' then limited_until end)) end,
      updated_at = now()
    from due
    where deliveries.notification_id = due.notification_id and deliveries.connection_id = due.connection_id
    returning fate, deliveries.notification_id as "notificationId", deliveries.connection_id as "connectionId", provider, attempts,
      job_id as "jobId", credentials, credentials_version as "credentialsVersion", is_expired as "isExpired",
      greatest(0, extract(epoch from due_at - now()) * 1000)::float8 as "delayMs"`
  return {
    id,
    claimed: rows.filter(isClaimed),
    limited: rows.filter(({ fate }) => fate === 'limited').map(({ notificationId, connectionId, provider, jobId, delayMs }) => ({
      notificationId, connectionId, provider, jobId: jobId ?? id, delayMs: delayMs ?? 0
    }))
  }
}

interface ClaimRow extends Omit<Claimed, 'credentials'> {
  fate: 'expired' | 'skipped' | 'parked' | 'limited' | 'sending'
  provider: string
  jobId: string | null
  credentials: string | null
  delayMs: number | null
}

function isClaimed (row: ClaimRow): row is ClaimRow & Claimed {
  return row.fate === 'sending' && row.credentials !== null
}
