import type { Database } from '../db/index.ts'
import type { Unreachable } from './draft.ts'
import { maxNamed } from './named.ts'
import { notificationProgressJoins } from './notification-progress.ts'
import { notificationColumns, toNotification } from './notification.ts'
import type { Notification, NotificationRow } from './notification.ts'

/** `named` is the maximum of recipients that the notification names. */
export async function findNotification (
  { sql }: Database, id: string, named: number = maxNamed.detail
): Promise<Notification | undefined> {
  const [row] = await sql<NotificationRow[]>`
    select ${notificationColumns(sql, named)} from notifications ${notificationProgressJoins(sql)} where id = ${id}`
  return row === undefined ? undefined : toNotification(row)
}

/** Lists up to `limit` unreachable users and teams of a notification after the position `after`, which counts from 1. */
export async function listUnreachable (
  { sql }: Database, notificationId: string, { limit, after = 0 }: { limit: number, after?: number | undefined }
): Promise<Array<{ position: number, entry: Unreachable }>> {
  return [...await sql<Array<{ position: number, entry: Unreachable }>>`
    select position::int, entry
    from notifications cross join jsonb_array_elements(unreachable) with ordinality as listed (entry, position)
    where id = ${notificationId} and position > ${after} order by position limit ${limit}`]
}
