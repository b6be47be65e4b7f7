import type { Database } from '../db/index.ts'
import type { Message } from '../providers/index.ts'
import type { Audience, OnUnknown, Unreachable } from './draft.ts'
import { maxNamed } from './named.ts'
import type { DeliveryState } from './progress.ts'
import { standingColumns, standingJoins, toStanding } from './standing.ts'
import type { Standing, StandingRow } from './standing.ts'

export interface Notification extends Standing {
  id: string
  origin: 'api' | 'welcome'
  /** With the first of its ids; `audienceCount` is how many there are, null for everyone. */
  audience: Audience
  audienceCount: number | null
  message: Message
  providers: string[] | null
  data: unknown
  /** The first of them, and how many there are. */
  unreachable: Unreachable[]
  unreachableCount: number
  sendAt: Date | null
  expiresAt: Date | null
  spreadSeconds: number | null
  onUnknown: OnUnknown
  createdAt: Date
}

/** One thing that happened to a delivery. */
export interface DeliveryEvent {
  /** ISO 8601. */
  at: string
  event: 'queued' | 'parked' | 'released' | 'attempt' | 'wait' | 'handedBack' | 'workerLost' | 'skipped' | 'expired' | 'canceled' | 'paused' | 'resumed' | 'retried'
  reason?: string
  outcome?: string
  /** What came of refreshing the credentials for it. */
  refresh?: 'fresh' | 'dead' | 'rateLimited'
  /** HTTP status of the provider's answer. */
  status?: number
  durationMs?: number
  /** ISO 8601: when it will be tried again. */
  until?: string
}

export interface Delivery {
  notificationId: string
  connectionId: string
  /** The site's id. */
  userId: string
  provider: string
  state: DeliveryState
  attempts: number
  reason: string | null
  /** Null also while its notification is paused. */
  dueAt: Date | null
  receipt: { id: string } | null
  createdAt: Date
  updatedAt: Date
}

export interface ExplainedDelivery extends Delivery {
  history: DeliveryEvent[]
}

export async function findNotification (database: Database, id: string): Promise<Notification | undefined> {
  const [row] = await selectNotifications(database, { id, before: null, limit: 1, named: maxNamed.detail })
  return row === undefined ? undefined : toNotification(row)
}

/** At most `limit` notifications that are older than `before`, newest first. */
export async function listNotifications (
  database: Database, { limit, before }: { limit: number, before?: string | undefined }
): Promise<Notification[]> {
  const rows = await selectNotifications(database, { id: null, before: before ?? null, limit, named: maxNamed.list })
  return rows.map(toNotification)
}

/** At most `limit` of the users and teams that a notification cannot reach, after the position `after`, which counts from 1. */
export async function listUnreachable (
  { sql }: Database, notificationId: string, { limit, after = 0 }: { limit: number, after?: number | undefined }
): Promise<Array<{ position: number, entry: Unreachable }>> {
  return [...await sql<Array<{ position: number, entry: Unreachable }>>`
    select position::int, entry
    from notifications cross join jsonb_array_elements(unreachable) with ordinality as listed (entry, position)
    where id = ${notificationId} and position > ${after} order by position limit ${limit}`]
}

/** At most `limit` deliveries of a notification after the connection `after`, in the order of the connections' ids. */
export async function listDeliveries (
  { sql }: Database, notificationId: string,
  { state, limit, after }: { state?: DeliveryState | undefined, limit: number, after?: string | undefined }
): Promise<Delivery[]> {
  const rows = await sql<DeliveryRow[]>`
    select ${deliveryColumns(sql)} from (
      -- the page first: joined before it is cut, those of a rare state cost a look at every user
      select * from deliveries
      where notification_id = ${notificationId}
        -- said only where it is meant: a plan for both would not seek in the index
        ${state === undefined ? sql`` : sql`and state = ${state}`}
        ${after === undefined ? sql`` : sql`and connection_id > ${after}`}
      order by connection_id limit ${limit}
    ) as deliveries
    join connections on connections.id = connection_id join users on users.id = connections.user_id
    order by connection_id`
  return rows.map(toDelivery)
}

/** A delivery that is limited again and again collects thousands. */
const latestEvents = '$[last - 199 to last]'

/** One delivery with the latest 200 things that have happened to it. */
export async function findDelivery (
  { sql }: Database, notificationId: string, connectionId: string
): Promise<ExplainedDelivery | undefined> {
  const [row] = await sql<Array<DeliveryRow & { history: DeliveryEvent[] }>>`
    select ${deliveryColumns(sql)}, jsonb_path_query_array(history, ${latestEvents}::text::jsonpath) as history from deliveries
    join connections on connections.id = connection_id join users on users.id = connections.user_id
    where notification_id = ${notificationId} and connection_id = ${connectionId}`
  return row === undefined ? undefined : { ...toDelivery(row), history: row.history }
}

interface NotificationRow extends StandingRow {
  id: string
  origin: Notification['origin']
  message: Message
  providers: string[] | null
  data: unknown
  audienceCount: number | null
  unreachable: Unreachable[]
  unreachableCount: number
  sendAt: string | null
  expiresAt: string | null
  spreadSeconds: number | null
  onUnknown: OnUnknown
  createdAt: string
}

type DeliveryRow = Omit<Delivery, 'dueAt' | 'createdAt' | 'updatedAt'> & {
  dueAt: string | null, createdAt: string, updatedAt: string
}

/** The bytes of a file are left out: nobody reads a list to get them back. */
function selectNotifications (
  { sql }: Database, { id, before, limit, named }: { id: string | null, before: string | null, limit: number, named: number }
) {
  const first = `$[0 to ${named - 1}]`
  return sql<NotificationRow[]>`
    select id, origin,
      (
        select jsonb_object_agg(key, case jsonb_typeof(value) when 'array' then jsonb_path_query_array(value, ${first}::text::jsonpath) else value end)
        from jsonb_each(audience)
      ) as audience,
      jsonb_array_length(coalesce(audience -> 'userIds', audience -> 'teamIds')) as "audienceCount", message #- '{file,data}' as message, providers, data,
      jsonb_path_query_array(unreachable, ${first}::text::jsonpath) as unreachable, jsonb_array_length(unreachable) as "unreachableCount",
      send_at as "sendAt", expires_at as "expiresAt", spread_seconds as "spreadSeconds",
      on_unknown as "onUnknown", created_at as "createdAt",
      ${standingColumns(sql)}
    from (
      select * from notifications
      where (${id}::uuid is null or id = ${id}) and (${before}::uuid is null or id < ${before})
      order by id desc limit ${limit}
    ) as notifications ${standingJoins(sql)}
    order by id desc`
}

function toNotification (row: NotificationRow): Notification {
  const { id, origin, audience, audienceCount, message, providers, data, unreachable, unreachableCount } = row
  return {
    id,
    origin,
    audience,
    audienceCount,
    message,
    providers,
    data,
    unreachable,
    unreachableCount,
    spreadSeconds: row.spreadSeconds,
    onUnknown: row.onUnknown,
    sendAt: toDate(row.sendAt),
    expiresAt: toDate(row.expiresAt),
    createdAt: new Date(row.createdAt),
    ...toStanding(row)
  }
}

function deliveryColumns (sql: Database['sql']) {
  return sql`notification_id as "notificationId", connection_id as "connectionId", users.external_id as "userId",
    deliveries.provider, state, attempts, reason, nullif(due_at, 'infinity') as "dueAt", receipt,
    deliveries.created_at as "createdAt", deliveries.updated_at as "updatedAt"`
}

function toDelivery (row: DeliveryRow): Delivery {
  const { dueAt, createdAt, updatedAt, ...rest } = row
  return { ...rest, dueAt: toDate(dueAt), createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) }
}

/** What is held with its paused notification is due at `infinity`, which is no date. */
function toDate (text: string | null): Date | null {
  return text === null || text === 'infinity' ? null : new Date(text)
}
