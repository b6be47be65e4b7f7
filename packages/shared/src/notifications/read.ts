import type { Database } from '../db/index.ts'
import type { Message } from '../providers/index.ts'
import type { Audience, OnUnknown, Unreachable } from './draft.ts'
import { maxNamed } from './named.ts'
import { notificationProgressColumns, notificationProgressJoins, toNotificationProgress } from './notification-progress.ts'
import type { NotificationProgress, NotificationProgressRow } from './notification-progress.ts'

/** The API key by its id, or the user by the site's id: a welcome message follows from the user's own handshake. */
export type NotificationCreator = { keyId: string, name: string } | { userId: string }

export interface Notification extends NotificationProgress {
  id: string
  origin: 'api' | 'welcome'
  /** Null when it is not known. */
  createdBy: NotificationCreator | null
  /** Contains only the first ids. `audienceCount` is the full number, null for everyone. */
  audience: Audience
  audienceCount: number | null
  message: Message
  providers: string[] | null
  data: unknown
  /** Contains only the first ones. `unreachableCount` is the full number. */
  unreachable: Unreachable[]
  unreachableCount: number
  sendAt: Date | null
  expiresAt: Date | null
  spreadSeconds: number | null
  onUnknown: OnUnknown
  createdAt: Date
}

export async function findNotification (database: Database, id: string): Promise<Notification | undefined> {
  const [row] = await selectNotifications(database, { id, before: null, limit: 1, named: maxNamed.detail })
  return row === undefined ? undefined : toNotification(row)
}

/** Lists up to `limit` notifications that are older than `before`, newest first. */
export async function listNotifications (
  database: Database, { limit, before }: { limit: number, before?: string | undefined }
): Promise<Notification[]> {
  const rows = await selectNotifications(database, { id: null, before: before ?? null, limit, named: maxNamed.list })
  return rows.map(toNotification)
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

interface NotificationRow extends NotificationProgressRow {
  id: string
  origin: Notification['origin']
  audience: Audience
  keyId: string | null
  keyName: string | null
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

/** Omits the content of a file, because no reader needs it and it may be large. */
function selectNotifications (
  { sql }: Database, { id, before, limit, named }: { id: string | null, before: string | null, limit: number, named: number }
) {
  const first = `$[0 to ${named - 1}]`
  return sql<NotificationRow[]>`
    select notifications.id, origin, api_keys.id as "keyId", api_keys.name as "keyName",
      (
        select jsonb_object_agg(key, case jsonb_typeof(value) when 'array' then jsonb_path_query_array(value, ${first}::text::jsonpath) else value end)
        from jsonb_each(audience)
      ) as audience,
      jsonb_array_length(coalesce(audience -> 'userIds', audience -> 'teamIds')) as "audienceCount", message #- '{file,data}' as message, providers, data,
      jsonb_path_query_array(unreachable, ${first}::text::jsonpath) as unreachable, jsonb_array_length(unreachable) as "unreachableCount",
      send_at as "sendAt", expires_at as "expiresAt", spread_seconds as "spreadSeconds",
      on_unknown as "onUnknown", notifications.created_at as "createdAt",
      ${notificationProgressColumns(sql)}
    from (
      select * from notifications
      where (${id}::uuid is null or id = ${id}) and (${before}::uuid is null or id < ${before})
      order by id desc limit ${limit}
    ) as notifications left join api_keys on api_keys.id = created_by ${notificationProgressJoins(sql)}
    order by notifications.id desc`
}

function toNotification (row: NotificationRow): Notification {
  const { id, origin, audience, audienceCount, message, providers, data, unreachable, unreachableCount } = row
  return {
    id,
    origin,
    createdBy: creatorOf(row),
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
    ...toNotificationProgress(row)
  }
}

function creatorOf ({ origin, audience, keyId, keyName }: NotificationRow): NotificationCreator | null {
  if (keyId !== null && keyName !== null) return { keyId, name: keyName }
  const userId = origin === 'welcome' && 'userIds' in audience ? audience.userIds[0] : undefined
  return userId === undefined ? null : { userId }
}

function toDate (text: string | null): Date | null {
  return text === null ? null : new Date(text)
}
