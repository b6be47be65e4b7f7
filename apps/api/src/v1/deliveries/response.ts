import { Type } from 'typebox'
import type { Static } from 'typebox'
import { deliveryStates, publicId } from '@carillon/shared/db'
import type { Delivery, ExplainedDelivery } from '@carillon/shared/deliveries'
import { explainDelivery } from '../../notifications/explain-delivery.ts'
import { nullable, timeField } from '../../input/fields.ts'

export const deliveryResponse = Type.Object({
  notificationId: Type.String({ description: '`ntf_…`' }),
  connectionId: Type.String({ description: '`con_…`' }),
  userId: Type.String({ description: 'Your id of the user' }),
  provider: Type.String(),
  state: Type.Enum(deliveryStates),
  attempts: Type.Integer({ description: 'Attempts that sent a request to the provider. Waiting for a rate limit is not an attempt' }),
  reason: nullable(Type.String()),
  dueAt: Type.Union([timeField, Type.Null()], { description: 'When the next attempt is due. Null when none is, and while the notification is paused' }),
  receipt: Type.Union([Type.Object({ id: Type.String() }, { title: 'Receipt' }), Type.Null()], { description: "The provider's id of the message" }),
  createdAt: timeField,
  updatedAt: timeField
}, { title: 'Delivery' })

const deliveryEventResponse = Type.Object({
  at: timeField,
  event: Type.Enum(['queued', 'parked', 'released', 'attempt', 'wait', 'handedBack', 'workerLost', 'skipped', 'expired', 'canceled', 'paused', 'resumed', 'retried', 'seen']),
  outcome: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
  status: Type.Optional(Type.Integer({ description: "HTTP status of the provider's response" })),
  durationMs: Type.Optional(Type.Number()),
  until: Type.Optional(Type.String({ ...timeField, description: 'When the next attempt is due' }))
}, { title: 'DeliveryEvent' })

export const explainedDeliveryResponse = Type.Object({
  ...deliveryResponse.properties,
  explanation: Type.String({ description: 'One sentence about the state and its reason' }),
  history: Type.Array(deliveryEventResponse, { description: 'The last 200 events, oldest first' })
}, { title: 'DeliveryDetails' })

export function toDeliveryResponse (delivery: Delivery): Static<typeof deliveryResponse> {
  const { userId, provider, state, attempts, reason, receipt } = delivery
  return {
    notificationId: publicId('notification', delivery.notificationId),
    connectionId: publicId('connection', delivery.connectionId),
    userId,
    provider,
    state,
    attempts,
    reason,
    dueAt: delivery.dueAt?.toISOString() ?? null,
    receipt,
    createdAt: delivery.createdAt.toISOString(),
    updatedAt: delivery.updatedAt.toISOString()
  }
}

/** `providerName` is the display name of the provider. */
export function toExplainedDeliveryResponse (
  delivery: ExplainedDelivery, providerName: string
): Static<typeof explainedDeliveryResponse> {
  return {
    ...toDeliveryResponse(delivery),
    explanation: explainDelivery(delivery, providerName),
    // PostgreSQL wrote some of the times in its own format.
    history: delivery.history.map((event) => ({
      ...event,
      at: new Date(event.at).toISOString(),
      ...event.until === undefined ? {} : { until: new Date(event.until).toISOString() }
    }))
  }
}
