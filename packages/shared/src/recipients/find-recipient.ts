import type { Database } from '../db/index.ts'
import { findDeliveries } from '../deliveries/index.ts'
import type { Message } from '../providers/index.ts'
import { findUserConnections } from './find-connections.ts'
import type { Recipient, RecipientNotification } from './recipient.ts'

/** Undefined when the notification does not exist. `userId` is the site's id, and may be unknown. */
export async function findRecipient (database: Database, notificationId: string, userId: string): Promise<Recipient | undefined> {
  const [row] = await database.sql<RecipientRow[]>`
    select id, message #- '{file}' as message, providers, created_at as "createdAt", planned_at is not null as "isPlanned",
      case when send_at > now() then send_at end as "sendAt", paused_at as "pausedAt", canceled_at as "canceledAt",
      case when audience ? 'everyone' then 'everyone' when audience ? 'teamIds' then 'teams' else 'users' end as audience,
      jsonb_array_length(coalesce(audience -> 'userIds', audience -> 'teamIds')) as "audienceCount",
      coalesce(audience ? 'everyone' or audience -> 'userIds' ? ${userId}::text or audience -> 'teamIds' ?| array(
        select teams.external_id from team_members join teams on teams.id = team_id join users on users.id = user_id
        where users.external_id = ${userId}
      ), false) as "isAddressed",
      exists (select from users where external_id = ${userId}) as "isKnown",
      jsonb_path_query_first(unreachable, '$[*] ? (@.userId == $user)', jsonb_build_object('user', ${userId}::text)) ->> 'reason' as unreachable
    from notifications where id = ${notificationId}`
  if (row === undefined) return undefined
  const connections = await findUserConnections(database, userId, notificationId)
  const deliveries = await findDeliveries(database, notificationId, connections.map(({ id }) => id))
  const { isKnown, unreachable, createdAt, sendAt, pausedAt, canceledAt, ...notification } = row
  return {
    userId,
    isKnown,
    unreachable,
    notification: {
      ...notification,
      createdAt: new Date(createdAt),
      sendAt: toDate(sendAt),
      pausedAt: toDate(pausedAt),
      canceledAt: toDate(canceledAt)
    },
    connections: connections.map((connection) => ({
      ...connection, delivery: deliveries.find(({ connectionId }) => connectionId === connection.id) ?? null
    }))
  }
}

interface RecipientRow extends Omit<RecipientNotification, 'message' | 'createdAt' | 'sendAt' | 'pausedAt' | 'canceledAt'> {
  message: Message
  createdAt: string
  sendAt: string | null
  pausedAt: string | null
  canceledAt: string | null
  isKnown: boolean
  unreachable: Recipient['unreachable']
}

function toDate (text: string | null): Date | null {
  return text === null ? null : new Date(text)
}
