import type { Database } from '../db/index.ts'
import type { Message } from '../providers/index.ts'
import type { Audience, OnUnknown, Unreachable } from './draft.ts'
import { notificationProgressColumns, toNotificationProgress } from './notification-progress.ts'
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

/** The input of `toNotification`, selected by `notificationColumns`. */
export interface NotificationRow extends NotificationProgressRow {
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

/**
 * The columns of a table named `notifications`, with the first `named` recipients. Requires `notificationProgressJoins`. Omits
 * the content of a file, because no reader needs it and it may be large.
 */
export function notificationColumns (sql: Database['sql'], named: number) {
  const first = `$[0 to ${named - 1}]`
  return sql`
    notifications.id, origin, created_by as "keyId", (select name from api_keys where id = created_by) as "keyName",
    (
      select jsonb_object_agg(key, case jsonb_typeof(value) when 'array' then jsonb_path_query_array(value, ${first}::text::jsonpath) else value end)
      from jsonb_each(audience)
    ) as audience,
    jsonb_array_length(coalesce(audience -> 'userIds', audience -> 'teamIds')) as "audienceCount", message #- '{file,data}' as message, providers, data,
    jsonb_path_query_array(unreachable, ${first}::text::jsonpath) as unreachable, jsonb_array_length(unreachable) as "unreachableCount",
    send_at as "sendAt", expires_at as "expiresAt", spread_seconds as "spreadSeconds",
    on_unknown as "onUnknown", notifications.created_at as "createdAt",
    ${notificationProgressColumns(sql)}`
}

export function toNotification (row: NotificationRow): Notification {
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
