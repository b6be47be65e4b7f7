import type { Database } from '../db/index.ts'
import type { HostBlock, RecipientConnection, Turn } from './recipient.ts'

export type UserConnection = Omit<RecipientConnection, 'delivery'>

/** A user rarely has more than ten. */
const maxConnections = 100

/**
 * The user's own connections with what keeps each from receiving messages. With a notification, also the place of each in a
 * broadcast that has not reached it.
 */
export async function findUserConnections (
  { sql }: Database, userId: string, notificationId: string | null = null
): Promise<UserConnection[]> {
  const rows = await sql<ConnectionRow[]>`
    select connections.id, connections.provider, jsonb_build_object('id', account_id, 'name', account_name) as account,
      status, status_reason as "statusReason", muted, connected_at as "connectedAt", disconnected_at as "disconnectedAt",
      limited_until as "limitedUntil", case status when 'needsReauth' then refused.at end as "needsReauthAt", parked.number as parked,
      block.kind as "blockKind", block.reason as "blockReason", block.since as "blockSince", block.until as "blockUntil",
      segment.due_at as "segmentDueAt", coalesce(not is_planned and planned_to < connections.id, false) as "isPlanning"
    from users join connections on connections.user_id = users.id
    left join lateral (
      select max(at) as at from connection_events where connection_id = connections.id and event = 'connection.needs_reauth'
    ) as refused on true
    left join lateral (
      select count(*)::int as number from deliveries where connection_id = connections.id and parked_at is not null
    ) as parked on true
    left join lateral (
      select case when breaker = 'closed' then 'rateLimited' when is_misconfigured then 'misconfigured' else 'breakerOpen' end as kind,
        reason, opened_at as since, case when breaker = 'closed' then silent_until else retry_at end as until
      from provider_hosts
      where provider_hosts.provider = connections.provider and provider_hosts.host in ('', connections.host)
        and (breaker <> 'closed' or silent_until > now())
      order by is_misconfigured desc, breaker = 'closed', host limit 1
    ) as block on true
    left join progress on progress.notification_id = ${notificationId}::uuid and progress.provider = connections.provider
    left join lateral (
      select due_at from segments
      where segments.notification_id = ${notificationId}::uuid and segments.provider = connections.provider
        and after_id < connections.id and connections.id <= last_id limit 1
    ) as segment on true
    where users.external_id = ${userId}
    order by connections.id limit ${maxConnections}`
  return rows.map(toConnection)
}

type Dates = 'connectedAt' | 'disconnectedAt' | 'limitedUntil' | 'needsReauthAt'

interface ConnectionRow extends Omit<UserConnection, Dates | 'block' | 'turn'> {
  connectedAt: string
  disconnectedAt: string | null
  limitedUntil: string | null
  needsReauthAt: string | null
  blockKind: HostBlock['kind'] | null
  blockReason: string | null
  blockSince: string | null
  blockUntil: string | null
  segmentDueAt: string | null
  isPlanning: boolean
}

function toConnection (
  { blockKind, blockReason, blockSince, blockUntil, segmentDueAt, isPlanning, ...row }: ConnectionRow
): UserConnection {
  return {
    ...row,
    connectedAt: new Date(row.connectedAt),
    disconnectedAt: toDate(row.disconnectedAt),
    limitedUntil: toDate(row.limitedUntil),
    needsReauthAt: toDate(row.needsReauthAt),
    block: blockKind === null
      ? null
      : { kind: blockKind, reason: blockReason, since: toDate(blockSince), until: toDate(blockUntil) },
    turn: toTurn(segmentDueAt, isPlanning)
  }
}

function toTurn (segmentDueAt: string | null, isPlanning: boolean): Turn | null {
  if (segmentDueAt !== null) return { kind: 'segment', dueAt: new Date(segmentDueAt) }
  return isPlanning ? { kind: 'planning' } : null
}

function toDate (text: string | null): Date | null {
  return text === null ? null : new Date(text)
}
