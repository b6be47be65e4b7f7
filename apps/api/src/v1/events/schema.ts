import { Type } from 'typebox'
import { deliveryStates, eventTypes } from '@carillon/shared/db'
import type { Event } from '@carillon/shared/events'
import { exactly, nullable, pageQuery, timeField, userIdField } from '../../input/fields.ts'

const owner = { userId: nullable(Type.String()), teamId: nullable(Type.String()) }
const connectionId = Type.String({ description: '`con_…`' })
const provider = Type.String()
const reason = Type.Optional(Type.String())

/** The data that several types share. Serialization takes the first that fits, so those with few members come last. */
const data = Type.Union([
  Type.Object({
    provider,
    deliveries: Type.Array(Type.Object({
      notificationId: Type.String({ description: '`ntf_…`' }), connectionId, userId: Type.Optional(Type.String()), reason
    }, { title: 'EventDelivery' }), { description: 'Up to a hundred deliveries that changed together' })
  }, { title: 'DeliveryEventData', description: 'Of `delivery.…`' }),
  Type.Object({
    connectionId, provider, ...owner, reason, missingPermissions: Type.Optional(Type.Array(Type.String()))
  }, { title: 'ConnectionEventData', description: 'Of `connection.…` and `pull.failed`' }),
  Type.Object({
    handshakeId: Type.String({ description: '`hsk_…`' }), provider, ...owner, error: Type.String()
  }, { title: 'HandshakeEventData', description: 'Of `handshake.failed`' }),
  Type.Object({
    notificationId: Type.String({ description: '`ntf_…`' }),
    status: Type.Enum(['completed', 'canceled']),
    counts: Type.Object(Object.fromEntries(deliveryStates.map((state) => [state, Type.Optional(Type.Integer())])), {
      title: 'EventCounts', description: 'Deliveries by state, as far as there are any'
    })
  }, { title: 'NotificationEventData', description: 'Of `notification.completed`' }),
  Type.Object({
    endpointId: Type.String({ description: '`end_…`' }), reason: Type.String()
  }, { title: 'EndpointEventData', description: 'Of `endpoint.disabled`' }),
  Type.Object({
    provider, cause: Type.Optional(Type.Enum(['misconfigured', 'breakerOpen'])), reason
  }, { title: 'ProviderEventData', description: 'Of `provider.…`. `cause` is that of a pause' })
], { description: 'Its members depend on the type. Ids that are null belong to users or teams that were deleted' })

export const eventResponse = Type.Unsafe<Event>(Type.Object({
  id: Type.String({ description: '`evt_…`. A receiver that gets the event again finds the same id' }),
  type: Type.Enum(eventTypes),
  createdAt: timeField,
  data
}, { title: 'Event' }))

const filter = {
  type: Type.Optional(Type.Enum(eventTypes, { description: 'Only events of this type' })),
  userId: Type.Optional({
    ...userIdField, description: 'Only events of this user. Does not match events of notifications or providers, nor delivery events that contain several users'
  })
}

export const eventsQuery = exactly({
  ...filter,
  after: Type.Optional(Type.String({ description: 'The id of an event. Lists those that were recorded after it, oldest first' })),
  ...pageQuery
})

export const eventStreamQuery = exactly(filter)
