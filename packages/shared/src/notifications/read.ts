import type { Database } from '../db/index.ts'
import { deliveryStates } from '../db/index.ts'
import type { Message } from '../providers/index.ts'
import type { Audience, Unreachable } from './draft.ts'

export type DeliveryState = typeof deliveryStates[number]

export interface Notification {
  id: string
  origin: 'api' | 'welcome'
  /** `completed` once nothing waits, not even for a user to reconnect. */
  status: 'scheduled' | 'accepted' | 'sending' | 'completed'
  audience: Audience
  message: Message
  providers: string[] | null
  data: unknown
  unreachable: Unreachable[]
  counts: Record<DeliveryState, number>
  sendAt: Date | null
  expiresAt: Date | null
  createdAt: Date
}

/** One thing that happened to a delivery. */
export interface DeliveryEvent {
  /** ISO 8601. */
  at: string
  event: 'queued' | 'parked' | 'released' | 'attempt' | 'wait' | 'handedBack' | 'workerLost' | 'skipped' | 'expired'
  reason?: string
  outcome?: string
  /** What came of refreshing the credentials for it. */
  refresh?: 'fresh' | 'dead'
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
  dueAt: Date | null
  receipt: { id: string } | null
  createdAt: Date
  updatedAt: Date
}

export interface ExplainedDelivery extends Delivery {
  history: DeliveryEvent[]
}

export async function findNotification (database: Database, id: string): Promise<Notification | undefined> {
  const [row] = await selectNotifications(database, { id, before: null, limit: 1 })
  return row === undefined ? undefined : toNotification(row)
}

/** At most `limit` notifications that are older than `before`, newest first. */
export async function listNotifications (
  database: Database, { limit, before }: { limit: number, before?: string | undefined }
): Promise<Notification[]> {
  return (await selectNotifications(database, { id: null, before: before ?? null, limit })).map(toNotification)
}

/** At most `limit` deliveries of a notification after the connection `after`, in the order of the connections' ids. */
export async function listDeliveries (
  { sql }: Database, notificationId: string,
  { state, limit, after }: { state?: DeliveryState | undefined, limit: number, after?: string | undefined }
): Promise<Delivery[]> {
  const rows = await sql<DeliveryRow[]>`
    select ${deliveryColumns(sql)} from deliveries
    join connections on connections.id = connection_id join users on users.id = connections.user_id
    where notification_id = ${notificationId}
      and (${state ?? null}::text is null or state = ${state ?? null})
      and (${after ?? null}::uuid is null or connection_id > ${after ?? null})
    order by connection_id limit ${limit}`
  return rows.map(toDelivery)
}

/** One delivery with everything that has happened to it. */
export async function findDelivery (
  { sql }: Database, notificationId: string, connectionId: string
): Promise<ExplainedDelivery | undefined> {
  const [row] = await sql<Array<DeliveryRow & { history: DeliveryEvent[] }>>`
    select ${deliveryColumns(sql)}, history from deliveries
    join connections on connections.id = connection_id join users on users.id = connections.user_id
    where notification_id = ${notificationId} and connection_id = ${connectionId}`
  return row === undefined ? undefined : { ...toDelivery(row), history: row.history }
}

interface NotificationRow extends Omit<Notification, 'status' | 'counts' | 'sendAt' | 'expiresAt' | 'createdAt'> {
  counts: Partial<Record<DeliveryState, number>>
  sendAt: string | null
  expiresAt: string | null
  createdAt: string
  isScheduled: boolean
}

type DeliveryRow = Omit<Delivery, 'dueAt' | 'createdAt' | 'updatedAt'> & {
  dueAt: string | null, createdAt: string, updatedAt: string
}

/** The bytes of a file are left out: nobody reads a list to get them back. */
function selectNotifications (
  { sql }: Database, { id, before, limit }: { id: string | null, before: string | null, limit: number }
) {
  return sql<NotificationRow[]>`
    select id, origin, audience, message #- '{file,data}' as message, providers, data, unreachable,
      send_at as "sendAt", expires_at as "expiresAt", created_at as "createdAt",
      coalesce(send_at > now(), false) as "isScheduled", counts.counts
    from (
      select * from notifications
      where (${id}::uuid is null or id = ${id}) and (${before}::uuid is null or id < ${before})
      order by id desc limit ${limit}
    ) as page
    cross join lateral (
      select coalesce(jsonb_object_agg(state, number), '{}') as counts from (
        select state, count(*) as number from deliveries where notification_id = page.id group by state
      ) as by_state
    ) as counts
    order by id desc`
}

function toNotification ({ isScheduled, counts, ...row }: NotificationRow): Notification {
  const complete = Object.fromEntries(deliveryStates.map((state) => [state, counts[state] ?? 0])) as Notification['counts']
  return {
    ...row,
    counts: complete,
    status: statusOf(complete, isScheduled),
    sendAt: toDate(row.sendAt),
    expiresAt: toDate(row.expiresAt),
    createdAt: new Date(row.createdAt)
  }
}

function statusOf (counts: Notification['counts'], isScheduled: boolean): Notification['status'] {
  const { queued, sending, retrying, parked, ...ended } = counts
  if (queued + sending + retrying + parked === 0) return 'completed'
  if (isScheduled) return 'scheduled'
  const untouched = sending + retrying === 0 && Object.values(ended).every((number) => number === 0)
  return untouched && queued > 0 ? 'accepted' : 'sending'
}

function deliveryColumns (sql: Database['sql']) {
  return sql`notification_id as "notificationId", connection_id as "connectionId", users.external_id as "userId",
    deliveries.provider, state, attempts, reason, due_at as "dueAt", receipt,
    deliveries.created_at as "createdAt", deliveries.updated_at as "updatedAt"`
}

function toDelivery (row: DeliveryRow): Delivery {
  const { dueAt, createdAt, updatedAt, ...rest } = row
  return { ...rest, dueAt: toDate(dueAt), createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) }
}

function toDate (text: string | null): Date | null {
  return text === null ? null : new Date(text)
}
