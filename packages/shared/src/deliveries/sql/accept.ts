import { newId } from '../../db/index.ts'
import type { Database } from '../../db/index.ts'
import { deliveriesPerJob } from '../delivery-queues.ts'
import type { Draft, Unreachable } from '../../notifications/draft.ts'
import type { Batch, Wake } from '../enqueue.ts'

/** What became of one draft. */
export interface Accepted {
  id: string
  createdAt: Date
  unreachable: Unreachable[]
  /** Deliveries made, and how many of them wait for their user to reconnect. A broadcast has none yet. */
  deliveries: number
  parked: number
  /** The same by provider; `queued` are all the others. */
  reached: Array<{ provider: string, queued: number, parked: number }>
}

export interface Inserted {
  /** Undefined is one whose key has been revoked: nothing was made of it. */
  accepted: Array<Accepted | undefined>
  /** What is due now, and when what is due later wants to be looked at. */
  batches: Batch[]
  wakes: Wake[]
  /** Broadcasts, to be planned. */
  plans: Array<{ notificationId: string, delayMs: number }>
}

/**
 * Stores drafts and their deliveries in one statement, so that either all of it is there or nothing. A connection that
 * needs its user is given a parked delivery. `offered` are the providers that can send. `accepted` is in the order of `drafts`.
 */
export async function insertNotifications ({ sql }: Database, drafts: Draft[], offered: string[]): Promise<Inserted> {
  const listed = drafts.flatMap(({ id, audience }) =>
    'userIds' in audience ? audience.userIds.map((userId) => [id, userId] as const) : [])
  const teams = drafts.flatMap(({ id, audience }) =>
    'teamIds' in audience ? audience.teamIds.map((teamId) => [id, teamId] as const) : [])
  const [row] = await sql<[InsertedRow]>`
    with asked as (
      select * from jsonb_to_recordset(${JSON.stringify(drafts.map(toRecord))}::jsonb) as draft (
        id uuid, origin text, audience jsonb, message jsonb, providers text[], data jsonb, send_at timestamptz,
        expires_at timestamptz, spread_seconds int, on_unknown text, created_by uuid)
    ), draft as (
      select * from asked
      where created_by is null or exists (select from api_keys where api_keys.id = created_by and revoked_at is null)
    ), team as (
      select wanted.*, teams.id as team_id
      from unnest(${teams.map(([id]) => id)}::uuid[], ${teams.map(([, teamId]) => teamId)}::text[]) as wanted (notification_id, external_id)
      left join teams on teams.external_id = wanted.external_id
    ), listed as (
      -- whoever is in several of the teams is rung once
      select * from unnest(${listed.map(([id]) => id)}::uuid[], ${listed.map(([, userId]) => userId)}::text[])
        as listed (notification_id, external_id)
      union
      select team.notification_id, users.external_id
      from team join team_members on team_members.team_id = team.team_id join users on users.id = team_members.user_id
    ), recipient as (
      select listed.*, draft.providers, draft.spread_seconds, coalesce(draft.send_at, now()) as send_at, users.id as user_id
      from listed join draft on draft.id = listed.notification_id
      left join users on users.external_id = listed.external_id
    ), reached as (
      select recipient.*, connections.id as connection_id, connections.provider, connections.status, connections.status_reason
      from recipient
      left join connections on connections.user_id = recipient.user_id and connections.status <> 'revoked'
        and connections.provider = any (${offered}) and connections.provider = any (coalesce(recipient.providers, ${offered}))
    ), unreachable as (
      select notification_id, jsonb_agg(entry order by place, external_id) as entries from (
        select notification_id, external_id, 0 as place, jsonb_build_object(
          'userId', external_id, 'reason', case when user_id is null then 'unknownUser' else 'notConnected' end) as entry
        from reached where connection_id is null
        union all
        select distinct notification_id, external_id, 1, jsonb_build_object('teamId', external_id, 'reason', 'unknownTeam')
        from team where team_id is null
      ) as entry
      group by notification_id
    ), notification as (
      insert into notifications (
        id, origin, audience, message, providers, data, unreachable, send_at, expires_at, spread_seconds, on_unknown, planned_at,
        created_by)
      select id, origin, audience, message, providers, data, coalesce(unreachable.entries, '[]'), send_at, expires_at, spread_seconds, on_unknown,
        case when not audience ? 'everyone' then now() end, created_by
      from draft left join unreachable on unreachable.notification_id = draft.id
      returning id, created_at, unreachable, send_at, planned_at
    ), target as (
      select notification_id, connection_id, provider, status_reason, status = 'active' as is_active,
        send_at + coalesce(spread_seconds, 0) * interval '1 second'
          * ((row_number() over wide - 1)::float8 / count(*) over (partition by notification_id)) as due_at
      from reached where connection_id is not null
      window wide as (partition by notification_id order by connection_id)
    ), delivery as (
      insert into deliveries (notification_id, connection_id, provider, state, due_at, parked_at, job_id, reason, history)
      select notification_id, connection_id, provider,
        case when is_active then 'queued' else 'parked' end,
        case when is_active then due_at end,
        case when not is_active then now() end,
        case when is_active and due_at <= now() then ${newId()}::text || '-' || provider || '-' ||
          (row_number() over (partition by provider, is_active and due_at <= now() order by notification_id) - 1) / ${deliveriesPerJob}::int end,
        status_reason,
        jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
          'at', now(), 'event', case when is_active then 'queued' else 'parked' end, 'reason', status_reason)))
      from target
      returning notification_id, connection_id, provider, job_id, due_at
    ), counted as (
      select notification_id, jsonb_agg(jsonb_build_object('provider', provider, 'queued', queued, 'parked', parked) order by provider) as reached
      from (
        select notification_id, provider, count(*) filter (where due_at is not null) as queued, count(*) filter (where due_at is null) as parked
        from delivery group by notification_id, provider
      ) as by_provider
      group by notification_id
    ), batch as (
      select job_id as "jobId", provider, jsonb_agg(jsonb_build_array(notification_id, connection_id)) as deliveries
      from delivery where job_id is not null group by job_id, provider
    ), wake as (
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

type AcceptedRow = Pick<Accepted, 'unreachable' | 'reached'> & { createdAt: string }

interface InsertedRow extends Omit<Inserted, 'accepted'> {
  accepted: Record<string, AcceptedRow>
}

function toRecord (
  { id, origin, audience, message, providers, data, sendAt, expiresAt, spreadSeconds, onUnknown = 'hold', createdBy }: Draft
): object {
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
    created_by: createdBy
  }
}

function toAccepted (id: string, row: AcceptedRow | undefined): Accepted | undefined {
  if (row === undefined) return undefined
  const { createdAt, unreachable, reached } = row
  const parked = reached.reduce((sum, { parked }) => sum + parked, 0)
  const deliveries = reached.reduce((sum, { queued }) => sum + queued, parked)
  return { id, createdAt: new Date(createdAt), unreachable, deliveries, parked, reached }
}
