import { Type } from 'typebox'
import type { Static } from 'typebox'
import { deliveryStates, publicId } from '@carillon/shared/db'
import type { Notification } from '@carillon/shared/notifications'
import { nullable, timeField } from './fields.ts'
import { shownMessageSchema } from './message-schema.ts'

const counts = Object.fromEntries(deliveryStates.map((state) => [state, Type.Integer()])) as
  Record<typeof deliveryStates[number], ReturnType<typeof Type.Integer>>

export const shownNotification = Type.Object({
  id: Type.String({ description: '`ntf_…`' }),
  origin: Type.Enum(['api', 'welcome'], { description: '`welcome` greets a user who has just connected' }),
  status: Type.Enum(['scheduled', 'accepted', 'sending', 'completed'], {
    description: '`completed` once nothing waits, not even for a user to connect again'
  }),
  audience: Type.Object({ userIds: Type.Array(Type.String()) }),
  message: shownMessageSchema,
  providers: nullable(Type.Array(Type.String())),
  data: Type.Unknown(),
  deliveries: Type.Integer({ description: 'How many connections it goes to' }),
  counts: Type.Object(counts, { description: 'Deliveries by state' }),
  unreachable: Type.Array(
    Type.Object({ userId: Type.String(), reason: Type.Enum(['unknownUser', 'notConnected']) }),
    { description: 'Users of the audience who have no connection that it could go to' }
  ),
  sendAt: nullable(timeField),
  expiresAt: nullable(timeField),
  createdAt: timeField
})

export function toShownNotification (notification: Notification): Static<typeof shownNotification> {
  const { origin, status, audience, message, providers, data, counts, unreachable } = notification
  return {
    id: publicId('notification', notification.id),
    origin,
    status,
    audience,
    message,
    providers,
    data: data ?? null,
    deliveries: Object.values(counts).reduce((sum, count) => sum + count, 0),
    counts,
    unreachable,
    sendAt: notification.sendAt?.toISOString() ?? null,
    expiresAt: notification.expiresAt?.toISOString() ?? null,
    createdAt: notification.createdAt.toISOString()
  }
}
