import type { PendingQuery, Row } from 'postgres'
import { publicId } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import type { Event, EventType } from './event.ts'

/** An event as the database returns it. `userId` and `teamId` are the site's. They are null when these were deleted. */
export interface EventRow {
  id: string
  position: number | null
  type: EventType
  createdAt: string
  userId: string | null
  teamId: string | null
  connectionId: string | null
  notificationId: string | null
  handshakeId: string | null
  provider: string | null
  data: Record<string, unknown>
}

export function eventColumns (sql: Database['sql']): PendingQuery<Row[]> {
  return sql`events.id, position::float8 as position, type, events.created_at as "createdAt", users.external_id as "userId",
    teams.external_id as "teamId", connection_id as "connectionId", notification_id as "notificationId",
    handshake_id as "handshakeId", provider, data`
}

export function eventJoins (sql: Database['sql']): PendingQuery<Row[]> {
  return sql`left join users on users.id = events.user_id left join teams on teams.id = events.team_id`
}

/** The columns that belong to the data of each type, in the order of the API's schemas. The column `data` has the rest. */
const columnsOf = {
  'connection.connected': ['connection', 'provider', 'owner'],
  'connection.needs_reauth': ['connection', 'provider', 'owner'],
  'connection.restored': ['connection', 'provider', 'owner'],
  'connection.disconnected': ['connection', 'provider', 'owner'],
  'connection.revoked': ['connection', 'provider', 'owner'],
  'handshake.failed': ['handshake', 'provider', 'owner'],
  'notification.completed': ['notification'],
  'delivery.sent': ['provider'],
  'delivery.failed': ['provider'],
  'delivery.parked': ['provider'],
  'delivery.unknown': ['provider'],
  'provider.paused': ['provider'],
  'provider.resumed': ['provider'],
  'pull.failed': ['connection', 'provider', 'owner'],
  'endpoint.disabled': []
} satisfies Record<EventType, Array<keyof typeof readers>>

const readers = {
  connection: ({ connectionId }: EventRow) => ({ connectionId: connectionId === null ? null : publicId('connection', connectionId) }),
  notification: ({ notificationId }: EventRow) => ({ notificationId: notificationId === null ? null : publicId('notification', notificationId) }),
  handshake: ({ handshakeId }: EventRow) => ({ handshakeId: handshakeId === null ? null : publicId('handshake', handshakeId) }),
  owner: ({ userId, teamId }: EventRow) => ({ userId, teamId }),
  provider: ({ provider }: EventRow) => ({ provider })
}

export function toEvent (row: EventRow): Event {
  const { id, type, createdAt, data } = row
  const columns: Array<keyof typeof readers> = columnsOf[type]
  return {
    id: publicId('event', id),
    type,
    createdAt: new Date(createdAt).toISOString(),
    data: Object.assign({}, ...columns.map((name) => readers[name](row)), data)
  }
}
