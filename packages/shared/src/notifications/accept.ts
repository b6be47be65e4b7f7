import { newId } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { deliveriesPerJob } from './delivery-queues.ts'
import type { Dispatched } from './delivery-queues.ts'
import type { Draft, Unreachable } from './draft.ts'

/** What became of one draft. */
export interface Accepted {
  id: string
  createdAt: Date
  unreachable: Unreachable[]
  /** Deliveries made, and how many of them wait for their user to reconnect. */
  deliveries: number
  parked: number
}

/**
 * Stores drafts and their deliveries in one statement, so that either all of it is there or nothing. A connection that
 * needs its user is given a parked delivery. `offered` are the providers that can send. Answers in the order of `drafts`.
 */
export async function insertNotifications (
  { sql }: Database, drafts: Draft[], offered: string[]
): Promise<{ accepted: Accepted[], dispatched: Dispatched[] }> {
  const rows = await sql<AcceptedRow[]>`
    with draft as (
      select * from jsonb_to_recordset(${JSON.stringify(drafts.map(toRecord))}::jsonb) as draft (
        id uuid, origin text, audience jsonb, message jsonb, providers text[], data jsonb, send_at timestamptz,
        expires_at timestamptz, created_by uuid)
    ), recipient as (
      select draft.id as notification_id, draft.providers, draft.send_at, wanted.external_id, users.id as user_id
      from draft
      cross join lateral (
        select distinct external_id from jsonb_array_elements_text(draft.audience -> 'userIds') as listed (external_id)
      ) as wanted
      left join users on users.external_id = wanted.external_id
    ), target as (
      select recipient.notification_id, recipient.external_id, recipient.send_at,
        connections.id as connection_id, connections.provider, connections.status, connections.status_reason
      from recipient
      join connections on connections.user_id = recipient.user_id
      where connections.status <> 'revoked' and connections.provider = any (${offered})
        and (recipient.providers is null or connections.provider = any (recipient.providers))
    ), unreachable as (
      select notification_id, jsonb_agg(jsonb_build_object(
        'userId', external_id,
        'reason', case when user_id is null then 'unknownUser' else 'notConnected' end) order by external_id) as users
      from recipient
      where not exists (
        select from target
        where target.notification_id = recipient.notification_id and target.external_id = recipient.external_id)
      group by notification_id
    ), notification as (
      insert into notifications (
        id, origin, audience, message, providers, data, unreachable, send_at, expires_at, created_by)
      select id, origin, audience, message, providers, data, coalesce(unreachable.users, '[]'), send_at, expires_at, created_by
      from draft left join unreachable on unreachable.notification_id = draft.id
      returning id, created_at, unreachable
    ), delivery as (
      insert into deliveries (notification_id, connection_id, provider, state, due_at, job_id, reason, history)
      select notification_id, connection_id, provider,
        case status when 'active' then 'queued' else 'parked' end,
        case status when 'active' then coalesce(send_at, now()) end,
        case status when 'active' then ${newId()}::text || '-' || dense_rank() over (order by provider, coalesce(send_at, now()))
          || '-' || (row_number() over (partition by provider, status, send_at order by notification_id) - 1) / ${deliveriesPerJob}::int end,
        case status when 'active' then null else status_reason end,
        jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('at', now(),
          'event', case status when 'active' then 'queued' else 'parked' end,
          'reason', case status when 'active' then null else status_reason end)))
      from target
      returning notification_id, connection_id, provider, job_id, due_at
    )
    select notification.id, notification.created_at, notification.unreachable,
      coalesce(jsonb_agg(jsonb_build_object(
        'notificationId', notification.id, 'connectionId', delivery.connection_id, 'provider', delivery.provider,
        'jobId', delivery.job_id,
        'delayMs', greatest(0, extract(epoch from delivery.due_at - now()) * 1000)
      )) filter (where delivery.connection_id is not null), '[]') as deliveries
    from notification left join delivery on delivery.notification_id = notification.id
    group by notification.id, notification.created_at, notification.unreachable`

  const byId = new Map(rows.map((row) => [row.id, row]))
  const found = drafts.map(({ id }) => byId.get(id) ?? missing(id))
  return {
    accepted: found.map((row) => ({
      id: row.id,
      createdAt: new Date(row.created_at),
      unreachable: row.unreachable,
      deliveries: row.deliveries.length,
      parked: row.deliveries.filter(({ jobId }) => jobId === null).length
    })),
    dispatched: found.flatMap((row) => row.deliveries.filter(isDispatched))
  }
}

interface AcceptedRow {
  id: string
  created_at: string
  unreachable: Unreachable[]
  deliveries: Array<Omit<Dispatched, 'jobId'> & { jobId: string | null }>
}

function isDispatched (delivery: AcceptedRow['deliveries'][number]): delivery is Dispatched {
  return delivery.jobId !== null
}

function toRecord ({ id, origin, audience, message, providers, data, sendAt, expiresAt, createdBy }: Draft): object {
  return { id, origin, audience, message, providers, data, send_at: sendAt, expires_at: expiresAt, created_by: createdBy }
}

function missing (id: string): never {
  throw new Error(`The statement did not answer for notification ${id}`)
}
