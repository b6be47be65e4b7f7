import { insertAudit } from '../../audit/index.ts'
import { newId } from '../../db/index.ts'
import type { Database } from '../../db/index.ts'
import type { Draft, Unreachable } from '../../notifications/draft.ts'
import { deliveriesPerJob } from '../delivery-queues.ts'
import type { Batch, Wake } from '../enqueue.ts'
import type { Fragment, Sql } from './fragments/fragment.ts'
import { toEvent } from './fragments/log-event.ts'
import { forState } from './fragments/set-state.ts'

/** A notification that was stored. */
export interface Accepted {
  id: string
  createdAt: Date
  unreachable: Unreachable[]
  /** The number of deliveries, and how many of them are parked. Both are 0 for a new broadcast. */
  deliveries: number
  parked: number
  /** The numbers by provider. Muted connections are skipped. */
  reached: Array<{ provider: string, queued: number, parked: number, skipped: number }>
}

export interface Inserted {
  /** In the order of the drafts. Undefined when the API key of the draft was revoked or changed: nothing was stored for it. */
  accepted: Array<Accepted | undefined>
  /** Deliveries that are due, and wake-ups for those that are due later. */
  batches: Batch[]
  wakes: Wake[]
  /** Broadcasts that the worker must plan. */
  plans: Array<{ notificationId: string, delayMs: number }>
}

/**
 * Stores drafts and their deliveries in one statement, so either all or none of it is stored. `offered` lists the providers
 * that can send.
 */
export async function insertNotifications ({ sql }: Database, drafts: Draft[], offered: string[]): Promise<Inserted> {
  const [row] = await sql<[InsertedRow]>`
    with asked as (${readDrafts(sql, drafts)}),
    draft as (${withoutStaleKeys(sql)}),
    team as (${findTeams(sql, drafts)}),
    listed as (${listRecipients(sql, drafts)}),
    recipient as (${findUsers(sql)}),
    reached as (${findConnections(sql, offered)}),
    unreachable as (${listUnreachable(sql)}),
    notification as (${insertDrafts(sql)}),
    target as (${scheduleDeliveries(sql)}),
    delivery as (${insertDeliveries(sql)}),
    counted as (${countByProvider(sql)}),
    completed as (${completeUnreachable(sql)}),
    ${recordSends(sql, drafts)}
    batch as (
      select job_id as "jobId", provider, jsonb_agg(jsonb_build_array(notification_id, connection_id)) as deliveries
      from delivery where job_id is not null group by job_id, provider
    ),
    wake as (
      select provider, extract(epoch from min(due_at) - now()) * 1000 as "delayMs"
      from delivery where job_id is null and due_at is not null group by provider
    )
    select
      (select coalesce(jsonb_object_agg(id, jsonb_build_object(
        'createdAt', created_at, 'unreachable', unreachable, 'reached', coalesce(reached, '[]'))), '{}')
        from notification left join counted on notification_id = id) as accepted,
      (select coalesce(jsonb_agg(batch), '[]') from batch) as batches,
      (select coalesce(jsonb_agg(wake), '[]') from wake) as wakes,
      (select coalesce(jsonb_agg(jsonb_build_object(
        'notificationId', id, 'delayMs', greatest(0, extract(epoch from send_at - now()) * 1000))), '[]')
        from notification where planned_at is null) as plans`
  const { accepted, ...work } = row
  return { accepted: drafts.map(({ id }) => toAccepted(id, accepted[id])), ...work }
}

function readDrafts (sql: Sql, drafts: Draft[]): Fragment {
  return sql`
    select * from jsonb_to_recordset(${JSON.stringify(drafts.map(toRecord))}::jsonb) as draft (
      id uuid, origin text, audience jsonb, message jsonb, providers text[], data jsonb, send_at timestamptz,
      expires_at timestamptz, spread_seconds int, on_unknown text, created_by uuid, key_version int, connection_id uuid, request_id text,
      traceparent text)`
}

function withoutStaleKeys (sql: Sql): Fragment {
  return sql`
    select * from asked
    where created_by is null or exists (
      select from api_keys where api_keys.id = created_by and revoked_at is null and version = coalesce(key_version, version))`
}

function findTeams (sql: Sql, drafts: Draft[]): Fragment {
  const teams = drafts.flatMap(({ id, audience }) =>
    'teamIds' in audience ? audience.teamIds.map((teamId) => [id, teamId] as const) : [])
  return sql`
    select wanted.*, teams.id as team_id
    from unnest(${teams.map(([id]) => id)}::uuid[], ${teams.map(([, teamId]) => teamId)}::text[]) as wanted (notification_id, external_id)
    left join teams on teams.external_id = wanted.external_id`
}

/** The named users and the members of the teams. `union` removes duplicates: a member of several teams is one recipient. */
function listRecipients (sql: Sql, drafts: Draft[]): Fragment {
  const users = drafts.flatMap(({ id, audience }) =>
    'userIds' in audience ? audience.userIds.map((userId) => [id, userId] as const) : [])
  return sql`
    select * from unnest(${users.map(([id]) => id)}::uuid[], ${users.map(([, userId]) => userId)}::text[])
      as listed (notification_id, external_id)
    union
    select team.notification_id, users.external_id
    from team join team_members on team_members.team_id = team.team_id join users on users.id = team_members.user_id`
}

function findUsers (sql: Sql): Fragment {
  return sql`
    select listed.*, draft.providers, draft.spread_seconds, coalesce(draft.send_at, now()) as send_at, users.id as user_id,
      draft.connection_id as only_id
    from listed join draft on draft.id = listed.notification_id
    left join users on users.external_id = listed.external_id`
}

/** One row per connection of a recipient, or one without a connection. */
function findConnections (sql: Sql, offered: string[]): Fragment {
  return sql`
    select recipient.*, connections.id as connection_id, connections.provider, connections.status,
      case when connections.status = 'active' then muted else status_reason end as status_reason, muted is not null as is_muted
    from recipient
    left join connections on connections.user_id = recipient.user_id and connections.status <> 'revoked'
      and connections.id = coalesce(recipient.only_id, connections.id)
      and connections.provider = any (${offered}) and connections.provider = any (coalesce(recipient.providers, ${offered}))`
}

/** Per notification: the recipients without a connection, then the unknown teams. */
function listUnreachable (sql: Sql): Fragment {
  return sql`
    select notification_id, jsonb_agg(entry order by position, external_id) as entries from (
      select notification_id, external_id, 0 as position, jsonb_build_object(
        'userId', external_id, 'reason', case when user_id is null then 'unknownUser' else 'notConnected' end) as entry
      from reached where connection_id is null
      union all
      select distinct notification_id, external_id, 1, jsonb_build_object('teamId', external_id, 'reason', 'unknownTeam')
      from team where team_id is null
    ) as entry
    group by notification_id`
}

/** A broadcast has no `planned_at` yet: a worker plans it. */
function insertDrafts (sql: Sql): Fragment {
  return sql`
    insert into notifications (
      id, origin, audience, message, providers, data, unreachable, send_at, expires_at, spread_seconds, on_unknown, planned_at,
      created_by, request_id, traceparent)
    select id, origin, audience, message, providers, data, coalesce(unreachable.entries, '[]'), send_at, expires_at, spread_seconds, on_unknown,
      case when not audience ? 'everyone' then now() end, created_by, request_id, traceparent
    from draft left join unreachable on unreachable.notification_id = draft.id
    returning id, created_at, unreachable, send_at, planned_at`
}

/** The first state of each delivery. With a spread, the due times are evenly distributed. */
function scheduleDeliveries (sql: Sql): Fragment {
  return sql`
    select notification_id, connection_id, provider, status_reason,
      case when is_muted then 'skipped' when status = 'active' then 'queued' else 'parked' end as next_state,
      send_at + coalesce(spread_seconds, 0) * interval '1 second'
        * ((row_number() over wide - 1)::float8 / count(*) over (partition by notification_id)) as due_at
    from reached where connection_id is not null
    window wide as (partition by notification_id order by connection_id)`
}

/** Assigns jobs to deliveries that are due, in full batches by provider. */
function insertDeliveries (sql: Sql): Fragment {
  const state = sql`next_state`
  return sql`
    insert into deliveries (notification_id, connection_id, provider, state, due_at, parked_at, job_id, reason, history)
    select notification_id, connection_id, provider, next_state,
      ${forState(sql, 'due_at', state, sql`due_at`)}, ${forState(sql, 'parked_at', state, sql`now()`)},
      case when next_state = 'queued' and due_at <= now() then ${newId()}::text || '-' || provider || '-' ||
        (row_number() over (partition by provider, next_state = 'queued' and due_at <= now() order by notification_id) - 1) / ${deliveriesPerJob}::int end,
      status_reason, jsonb_build_array(${toEvent(sql, state, { reason: sql`status_reason` })})
    from target
    returning notification_id, connection_id, provider, state, job_id, due_at`
}

function countByProvider (sql: Sql): Fragment {
  return sql`
    select notification_id, jsonb_agg(jsonb_build_object(
      'provider', provider, 'queued', queued, 'parked', parked, 'skipped', skipped) order by provider) as reached
    from (
      select notification_id, provider, count(*) filter (where state = 'queued') as queued,
        count(*) filter (where state = 'parked') as parked, count(*) filter (where state = 'skipped') as skipped
      from delivery group by notification_id, provider
    ) as by_provider
    group by notification_id`
}

/** A notification without a delivery that waits ends at once. The later ends are published by the triggers of deliveries. */
function completeUnreachable (sql: Sql): Fragment {
  return sql`
    insert into events (type, notification_id, data)
    select 'notification.completed', id, jsonb_build_object('status', 'completed', 'counts', coalesce(
      (select jsonb_object_agg(state, number) from (
        select state, count(*) as number from delivery where notification_id = id group by state) as by_state), '{}'))
    from notification
    where planned_at is not null and not exists (select from delivery where notification_id = id and state <> 'skipped')`
}

/** Only statements with a broadcast have this part, so that the others are as fast as without. */
function recordSends (sql: Sql, drafts: Draft[]): Fragment {
  const rows = drafts.flatMap(({ audit }) => audit ?? [])
  return rows.length === 0 ? sql`` : sql`recorded as (${insertAudit(sql, rows, sql`select 'ntf_' || id from notification`)}),`
}

type AcceptedRow = Pick<Accepted, 'unreachable' | 'reached'> & { createdAt: string }

interface InsertedRow extends Omit<Inserted, 'accepted'> {
  accepted: Record<string, AcceptedRow>
}

function toRecord ({
  id, origin, audience, message, providers, data, sendAt, expiresAt, spreadSeconds, onUnknown = 'hold', createdBy, keyVersion, connectionId,
  requestId, traceparent
}: Draft): object {
  return {
    id,
    origin,
    audience,
    message,
    providers,
    data,
    send_at: sendAt,
    expires_at: expiresAt,
    spread_seconds: spreadSeconds,
    on_unknown: onUnknown,
    created_by: createdBy,
    key_version: keyVersion,
    request_id: requestId,
    connection_id: connectionId,
    traceparent
  }
}

function toAccepted (id: string, row: AcceptedRow | undefined): Accepted | undefined {
  if (row === undefined) return undefined
  const { createdAt, unreachable, reached } = row
  const parked = reached.reduce((sum, { parked }) => sum + parked, 0)
  const deliveries = reached.reduce((sum, { queued, skipped }) => sum + queued + skipped, parked)
  return { id, createdAt: new Date(createdAt), unreachable, deliveries, parked, reached }
}
