import type { Database } from '../db/index.ts'
import type { Fragment } from './sql/fragments/fragment.ts'
import type { DeliveryEvent, DeliveryState } from './states.ts'

export interface Delivery {
  notificationId: string
  connectionId: string
  /** The site's id of the user. */
  userId: string
  provider: string
  state: DeliveryState
  attempts: number
  reason: string | null
  /** Null while the notification is paused, too. */
  dueAt: Date | null
  receipt: { id: string } | null
  createdAt: Date
  updatedAt: Date
}

export interface ExplainedDelivery extends Delivery {
  history: DeliveryEvent[]
}

export interface DeliveryFilter {
  state?: DeliveryState | undefined
  provider?: string | undefined
}

/** Lists up to `limit` deliveries of a notification after the connection `after`, ordered by connection id. */
export async function listDeliveries (
  { sql }: Database, notificationId: string,
  { userId, state, provider, limit, after }:
    DeliveryFilter & { userId?: string | undefined, limit: number, after?: string | undefined }
): Promise<Delivery[]> {
  const rows = await sql<DeliveryRow[]>`
    select ${deliveryColumns(sql)} from (
      -- limits before the join, because a page of a rare state would otherwise join every delivery
      select * from deliveries
      where notification_id = ${notificationId}
        -- adds only the necessary conditions, because a plan for both cases would not use the index
        ${userId === undefined ? sql`` : sql`and connection_id = any (array(${connectionsOf(sql, userId)}))`}
        ${state === undefined ? sql`` : sql`and state = ${state}`}
        ${provider === undefined ? sql`` : sql`and provider = ${provider}`}
        ${after === undefined ? sql`` : sql`and connection_id > ${after}`}
      order by connection_id limit ${limit}
    ) as deliveries
    join connections on connections.id = connection_id join users on users.id = connections.user_id
    order by connection_id`
  return rows.map(toDelivery)
}

/** The place of a delivery in a user's list. */
type DeliveryPosition = Pick<Delivery, 'notificationId' | 'connectionId'>

/**
 * Lists up to `limit` deliveries to the user with the site's id `userId`, those of the newest notification first, after the
 * delivery `after`. Reads each connection of the user by itself, so that each one stops after `limit`.
 */
export async function listUserDeliveries (
  { sql }: Database, userId: string,
  { state, provider, limit, after }: DeliveryFilter & { limit: number, after?: DeliveryPosition | undefined }
): Promise<Delivery[]> {
  const rows = await sql<DeliveryRow[]>`
    select ${deliveryColumns(sql)}
    from users join connections on connections.user_id = users.id
    cross join lateral (
      select * from deliveries where connection_id = connections.id
        ${state === undefined ? sql`` : sql`and state = ${state}`}
        ${after === undefined
          ? sql``
          : sql`and notification_id <= ${after.notificationId} and (notification_id, connection_id) < (${after.notificationId}, ${after.connectionId})`}
      order by notification_id desc limit ${limit}
    ) as deliveries
    where users.external_id = ${userId} ${provider === undefined ? sql`` : sql`and connections.provider = ${provider}`}
    order by notification_id desc, connection_id desc limit ${limit}`
  return rows.map(toDelivery)
}

function connectionsOf (sql: Database['sql'], userId: string): Fragment {
  return sql`select connections.id from users join connections on connections.user_id = users.id where users.external_id = ${userId}`
}

/** A delivery that is postponed or limited repeatedly collects thousands of events. */
const latestEvents = '$[last - 199 to last]'

/** Finds one delivery with its latest 200 events. */
export async function findDelivery (
  database: Database, notificationId: string, connectionId: string
): Promise<ExplainedDelivery | undefined> {
  const [delivery] = await findDeliveries(database, notificationId, [connectionId])
  return delivery
}

/** The deliveries of a notification to these connections, each with its latest 200 events. */
export async function findDeliveries (
  { sql }: Database, notificationId: string, connectionIds: string[]
): Promise<ExplainedDelivery[]> {
  const rows = await sql<Array<DeliveryRow & { history: DeliveryEvent[] }>>`
    select ${deliveryColumns(sql)}, jsonb_path_query_array(history, ${latestEvents}::text::jsonpath) as history from deliveries
    join connections on connections.id = connection_id join users on users.id = connections.user_id
    where notification_id = ${notificationId} and connection_id = any (${connectionIds}::uuid[])`
  return rows.map((row) => ({ ...toDelivery(row), history: row.history }))
}

type DeliveryRow = Omit<Delivery, 'dueAt' | 'createdAt' | 'updatedAt'> & {
  dueAt: string | null, createdAt: string, updatedAt: string
}

function deliveryColumns (sql: Database['sql']): Fragment {
  return sql`notification_id as "notificationId", connection_id as "connectionId", users.external_id as "userId",
    deliveries.provider, state, attempts, reason, nullif(due_at, 'infinity') as "dueAt", receipt,
    deliveries.created_at as "createdAt", deliveries.updated_at as "updatedAt"`
}

function toDelivery ({ dueAt, createdAt, updatedAt, ...rest }: DeliveryRow): Delivery {
  return {
    ...rest,
    dueAt: dueAt === null ? null : new Date(dueAt),
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt)
  }
}
