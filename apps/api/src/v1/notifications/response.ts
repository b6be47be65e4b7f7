import { Type } from 'typebox'
import type { Static } from 'typebox'
import { deliveryStates, publicId } from '@carillon/shared/db'
import { notificationStatuses } from '@carillon/shared/notifications'
import type { Notification, NotificationCreator, NotificationProgress } from '@carillon/shared/notifications'
import { nullable, timeField } from '../../input/fields.ts'
import { messageResponse } from './schema.ts'

const counts = Type.Object(Object.fromEntries(deliveryStates.map((state) => [state, Type.Integer()])) as
  Record<typeof deliveryStates[number], ReturnType<typeof Type.Integer>>, { title: 'DeliveryCounts', description: 'Deliveries by state' })
const status = Type.Enum(notificationStatuses, {
  description: '`completed` when no delivery waits. `parked` when all deliveries that wait are parked: their users have to reconnect first'
})
const deliveries = Type.Integer({
  description: 'The number of deliveries. For a broadcast it is 0 until they are counted'
})
const progress = Type.Array(Type.Object({
  provider: Type.String(),
  counts,
  perSecond: Type.Number({ description: 'Deliveries of a broadcast that ended per second, over the last ten seconds' }),
  secondsLeft: Type.Union([Type.Integer(), Type.Null()], { description: 'The estimated time at that rate. Null while it is unknown, 0 when nothing is left to send' })
}, { title: 'ProviderProgress' }), { description: 'The progress at each provider' })

/** The progress of a notification, as `…/events` sends it. */
export const progressResponse = Type.Object({ status, deliveries, counts, progress })

export const unreachableResponse = Type.Object({
  userId: Type.Optional(Type.String()),
  teamId: Type.Optional(Type.String()),
  reason: Type.Enum(['unknownUser', 'notConnected', 'unknownTeam'])
}, { title: 'UnreachableRecipient' })

const createdByResponse = Type.Union([
  Type.Object({ keyId: Type.String({ description: '`key_…`' }), name: Type.String({ description: 'The name of the API key' }) }, { title: 'CreatedByKey' }),
  Type.Object({ userId: Type.String({ description: 'Your id of the user, who connected the account that a welcome message goes to' }) }, { title: 'CreatedByUser' }),
  Type.Null()
], { description: 'Who created it. Null when it is not known' })

export const notificationResponse = Type.Object({
  id: Type.String({ description: '`ntf_…`' }),
  origin: Type.Enum(['api', 'welcome'], { description: '`welcome`: sent to a user who has just connected' }),
  createdBy: createdByResponse,
  status,
  audience: Type.Union([
    Type.Object({ userIds: Type.Array(Type.String()) }, { title: 'AudienceOfUsers' }),
    Type.Object({ teamIds: Type.Array(Type.String()) }, { title: 'AudienceOfTeams' }),
    Type.Object({ everyone: Type.Literal(true) }, { title: 'AudienceOfEveryone' })
  ], { description: 'The first 100 ids, in lists and batches the first 3. `audienceCount` is the number of all' }),
  audienceCount: Type.Union([Type.Integer(), Type.Null()], { description: 'The number of users or teams in the audience. Null for everyone' }),
  message: messageResponse,
  providers: nullable(Type.Array(Type.String())),
  data: Type.Unknown(),
  deliveries,
  counts,
  progress,
  unreachable: Type.Array(unreachableResponse, {
    description: 'Users without a connection for the notification, and unknown teams: the first 100, in lists and batches the first 3'
  }),
  unreachableCount: Type.Integer({ description: 'The number of all; `…/unreachable` lists them' }),
  sendAt: nullable(timeField),
  expiresAt: nullable(timeField),
  spreadOver: Type.Union([Type.Integer(), Type.Null()], { description: 'Seconds' }),
  onUnknown: Type.Enum(['resend', 'hold'], { description: 'What to do with a delivery that may have been sent already' }),
  createdAt: timeField
}, { title: 'Notification' })

export function toNotificationResponse (notification: Notification): Static<typeof notificationResponse> {
  const { origin, audience, audienceCount, message, providers, data, unreachable, unreachableCount } = notification
  return {
    id: publicId('notification', notification.id),
    origin,
    createdBy: toCreatedByResponse(notification.createdBy),
    audience,
    audienceCount,
    message,
    providers,
    data: data ?? null,
    ...toProgressResponse(notification),
    unreachable,
    unreachableCount,
    sendAt: notification.sendAt?.toISOString() ?? null,
    expiresAt: notification.expiresAt?.toISOString() ?? null,
    spreadOver: notification.spreadSeconds,
    onUnknown: notification.onUnknown,
    createdAt: notification.createdAt.toISOString()
  }
}

function toCreatedByResponse (creator: NotificationCreator | null): Static<typeof createdByResponse> {
  return creator === null || 'userId' in creator ? creator : { keyId: publicId('apiKey', creator.keyId), name: creator.name }
}

export function toProgressResponse (
  { status, deliveries, counts, progress }: NotificationProgress
): Static<typeof progressResponse> {
  const rounded = progress.map((one) => ({ ...one, perSecond: Math.round(one.perSecond * 10) / 10 }))
  return { status, deliveries, counts, progress: rounded }
}
