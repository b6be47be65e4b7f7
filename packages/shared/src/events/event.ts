import type { deliveryStates, eventTypes } from '../db/index.ts'

export type EventType = typeof eventTypes[number]

/** The owner of a connection or a handshake, by the site's ids. One of them is null. */
interface Owner {
  userId: string | null
  teamId: string | null
}

interface ConnectionData extends Owner {
  connectionId: string
  provider: string
}

interface DeliveriesData {
  provider: string
  /** Up to a hundred deliveries, which changed together. */
  deliveries: Array<{ notificationId: string, connectionId: string, userId?: string, reason?: string }>
}

/** The number of deliveries in each state that has any. */
type Counts = Partial<Record<typeof deliveryStates[number], number>>

/** The data of each type of event, as sites receive it. Ids have their prefixes. */
interface EventData {
  'connection.connected': ConnectionData
  'connection.needs_reauth': ConnectionData & { reason: string, missingPermissions?: string[] }
  'connection.restored': ConnectionData
  'connection.disconnected': ConnectionData
  'connection.revoked': ConnectionData & { reason: string }
  'handshake.failed': Owner & { handshakeId: string, provider: string, error: string }
  'notification.completed': { notificationId: string, status: 'completed' | 'canceled', counts: Counts }
  'delivery.sent': DeliveriesData
  'delivery.failed': DeliveriesData
  'delivery.parked': DeliveriesData
  'delivery.unknown': DeliveriesData
  'provider.paused': { provider: string, cause: 'misconfigured' | 'breakerOpen', reason: string }
  'provider.resumed': { provider: string }
  'pull.failed': ConnectionData & { reason: string }
  'endpoint.disabled': { endpointId: string, reason: string }
}

/** An event as sites receive it: from the API, in a stream and as a webhook. */
export type Event = { [Type in EventType]: { id: string, type: Type, createdAt: string, data: EventData[Type] } }[EventType]
