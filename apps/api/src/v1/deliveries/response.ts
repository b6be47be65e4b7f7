import { Type } from 'typebox'
import type { Static } from 'typebox'
import { deliveryStates, publicId } from '@carillon/shared/db'
import type { Delivery, ExplainedDelivery } from '@carillon/shared/deliveries'
import { explainDelivery } from '../../notifications/explain-delivery.ts'
import { nullable, timeField } from '../fields.ts'

export const shownDelivery = Type.Object({
  notificationId: Type.String({ description: '`ntf_…`' }),
  connectionId: Type.String({ description: '`con_…`' }),
  userId: Type.String({ description: "The site's own id of the user" }),
  provider: Type.String(),
  state: Type.Enum(deliveryStates),
  attempts: Type.Integer({ description: 'Tries that reached out to the provider; a wait that it asked for is none' }),
  reason: nullable(Type.String()),
  dueAt: Type.Union([timeField, Type.Null()], { description: 'When it is tried next; null also while its notification is paused' }),
  receipt: Type.Union([Type.Object({ id: Type.String() }), Type.Null()], { description: "The provider's own id of what it took" }),
  createdAt: timeField,
  updatedAt: timeField
})

const shownEvent = Type.Object({
  at: timeField,
  event: Type.Enum(['queued', 'parked', 'released', 'attempt', 'wait', 'handedBack', 'workerLost', 'skipped', 'expired', 'canceled', 'paused', 'resumed', 'retried']),
  outcome: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
  status: Type.Optional(Type.Integer({ description: "HTTP status of the provider's answer" })),
  durationMs: Type.Optional(Type.Number()),
  until: Type.Optional(Type.String({ ...timeField, description: 'When it is tried again' }))
})

export const explainedDelivery = Type.Object({
  ...shownDelivery.properties,
  explanation: Type.String({ description: 'One sentence on why it is where it is' }),
  history: Type.Array(shownEvent, { description: 'The latest 200 things that have happened to it, oldest first' })
})

export function toShownDelivery (delivery: Delivery): Static<typeof shownDelivery> {
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

/** `providerName` is what people call the provider. */
export function toExplainedDelivery (delivery: ExplainedDelivery, providerName: string): Static<typeof explainedDelivery> {
  return {
    ...toShownDelivery(delivery),
    explanation: explainDelivery(delivery, providerName),
    // PostgreSQL has written some of the times in its own way.
    history: delivery.history.map((event) => ({
      ...event,
      at: new Date(event.at).toISOString(),
      ...event.until === undefined ? {} : { until: new Date(event.until).toISOString() }
    }))
  }
}
