import type { Database } from '../db/index.ts'
import { maxNamed } from './named.ts'
import { notificationProgressJoins } from './notification-progress.ts'
import type { NotificationStatus } from './notification-status.ts'
import { notificationColumns, toNotification } from './notification.ts'
import type { Notification, NotificationRow } from './notification.ts'

export interface NotificationFilter {
  status?: NotificationStatus | undefined
  /** The site's id of a user: only notifications with a delivery to this user. */
  userId?: string | undefined
}

export interface NotificationPage {
  notifications: Notification[]
  /** The next page is `before` this id. Null on the last page. */
  next: string | null
}

/**
 * The maximum of notifications that a page with a status reads. A status follows from the deliveries, so it has no index. A page
 * may therefore have fewer than `limit` notifications, although it is not the last one.
 */
const maxRead = 10_000

/** Lists up to `limit` notifications that are older than `before`, newest first. */
export async function listNotifications (
  { sql }: Database, { status, userId }: NotificationFilter,
  { limit, before, read = maxRead }: { limit: number, before?: string | undefined, read?: number }
): Promise<NotificationPage> {
  const source = sourceOf(sql, { status, userId, before, read: status === undefined ? limit + 1 : read })
  const rows = await sql<NotificationRow[]>`
    select ${notificationColumns(sql, maxNamed.list)} from (${source}) as notifications ${notificationProgressJoins(sql)}
    ${status === undefined ? sql`` : sql`where status = ${status}`}
    order by notifications.id desc limit ${limit + 1}`
  const notifications = rows.slice(0, limit).map(toNotification)
  if (rows.length > limit) return { notifications, next: notifications.at(-1)?.id ?? null }
  if (status === undefined) return { notifications, next: null }
  const [last] = await sql<Array<{ id: string }>>`select id from (${source}) as source order by id desc offset ${read - 1}`
  return { notifications, next: last?.id ?? null }
}

type Sql = Database['sql']
type Fragment = ReturnType<Sql>

interface Source extends NotificationFilter {
  before: string | undefined
  read: number
}

/** The newest `read` notifications that may match, in their order. */
function sourceOf (sql: Sql, { status, userId, before, read }: Source): Fragment {
  const isBefore = (id: Fragment): Fragment => before === undefined ? sql`` : sql`and ${id} < ${before}`
  if (userId === undefined) {
    return sql`
      select * from notifications where ${status === undefined ? sql`true` : mayHave(sql, status)} ${isBefore(sql`id`)}
      order by id desc limit ${read}`
  }
  return sql`
    select notifications.* from (
      select distinct deliveries.notification_id
      from users join connections on connections.user_id = users.id
      cross join lateral (
        select notification_id from deliveries where connection_id = connections.id ${isBefore(sql`notification_id`)}
        order by notification_id desc limit ${read}
      ) as deliveries
      where users.external_id = ${userId} order by deliveries.notification_id desc limit ${read}
    ) as own join notifications on notifications.id = own.notification_id
    order by notifications.id desc`
}

/** A condition on the notification alone that every one of this status meets. Some have an index. */
function mayHave (sql: Sql, status: NotificationStatus): Fragment {
  switch (status) {
    case 'canceled': return sql`canceled_at is not null`
    case 'paused': return sql`paused_at is not null`
    case 'scheduled': return sql`send_at is not null`
    case 'planning': return sql`planned_at is null`
    case 'accepted':
    case 'sending':
    case 'parked':
    case 'completed': return sql`true`
  }
}
