import { Type } from 'typebox'
import type { Static } from 'typebox'
import { deliveryStates, publicId } from '@carillon/shared/db'
import type { Notification, Standing } from '@carillon/shared/notifications'
import { nullable, timeField } from '../fields.ts'
import { shownMessageSchema } from './message-schema.ts'

const counts = Type.Object(Object.fromEntries(deliveryStates.map((state) => [state, Type.Integer()])) as
  Record<typeof deliveryStates[number], ReturnType<typeof Type.Integer>>, { description: 'Deliveries by state' })
const status = Type.Enum(['scheduled', 'accepted', 'planning', 'sending', 'paused', 'completed', 'canceled'], {
  description: '`completed` once nothing waits, not even for a user to connect again'
})
const deliveries = Type.Integer({
  description: 'How many connections it goes to; of a broadcast 0 until they are counted, and all of `counts` once it is planned'
})
const progress = Type.Array(Type.Object({
  provider: Type.String(),
  counts,
  perSecond: Type.Number({ description: 'Deliveries of a broadcast that came to an end, a second, over the last ten seconds' }),
  secondsLeft: Type.Union([Type.Integer(), Type.Null()], { description: 'At that rate; null while there is no telling, 0 once nothing is under way' })
}), { description: 'The same by provider' })

/** How far a notification has got, as `…/events` tells it. */
export const shownProgress = Type.Object({ status, deliveries, counts, progress })

export const shownUnreachable = Type.Object({
  userId: Type.Optional(Type.String()),
  teamId: Type.Optional(Type.String()),
  reason: Type.Enum(['unknownUser', 'notConnected', 'unknownTeam'])
})

export const shownNotification = Type.Object({
  id: Type.String({ description: '`ntf_…`' }),
  origin: Type.Enum(['api', 'welcome'], { description: '`welcome` greets a user who has just connected' }),
  status,
  audience: Type.Union([
    Type.Object({ userIds: Type.Array(Type.String()) }),
    Type.Object({ teamIds: Type.Array(Type.String()) }),
    Type.Object({ everyone: Type.Literal(true) })
  ], { description: 'With the first 100 of its ids, and in lists and batches with the first 10; `audienceCount` says how many there are' }),
  audienceCount: Type.Union([Type.Integer(), Type.Null()], { description: 'How many users or teams the audience names; null for everyone' }),
  message: shownMessageSchema,
  providers: nullable(Type.Array(Type.String())),
  data: Type.Unknown(),
  deliveries,
  counts,
  progress,
  unreachable: Type.Array(shownUnreachable, {
    description: 'Users of the audience who have no connection that it could go to, and unknown teams: the first 100, in lists and batches the first 10'
  }),
  unreachableCount: Type.Integer({ description: 'How many there are; `…/unreachable` lists all of them' }),
  sendAt: nullable(timeField),
  expiresAt: nullable(timeField),
  spreadOver: Type.Union([Type.Integer(), Type.Null()], { description: 'Seconds' }),
  onUnknown: Type.Enum(['resend', 'hold'], { description: 'What becomes of a delivery that may have been sent already' }),
  createdAt: timeField
})

export function toShownNotification (notification: Notification): Static<typeof shownNotification> {
  const { origin, audience, audienceCount, message, providers, data, unreachable, unreachableCount } = notification
  return {
    id: publicId('notification', notification.id),
    origin,
    audience,
    audienceCount,
    message,
    providers,
    data: data ?? null,
    ...toShownProgress(notification),
    unreachable,
    unreachableCount,
    sendAt: notification.sendAt?.toISOString() ?? null,
    expiresAt: notification.expiresAt?.toISOString() ?? null,
    spreadOver: notification.spreadSeconds,
    onUnknown: notification.onUnknown,
    createdAt: notification.createdAt.toISOString()
  }
}

export function toShownProgress ({ status, deliveries, counts, progress }: Standing): Static<typeof shownProgress> {
  const rounded = progress.map((one) => ({ ...one, perSecond: Math.round(one.perSecond * 10) / 10 }))
  return { status, deliveries, counts, progress: rounded }
}
