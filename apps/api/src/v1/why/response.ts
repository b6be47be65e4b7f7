import { Type } from 'typebox'
import type { Static } from 'typebox'
import { deliveryStates, publicId } from '@carillon/shared/db'
import type { Message } from '@carillon/shared/providers'
import { searchedNotifications } from '@carillon/shared/recipients'
import type { Recipient, UserConnection } from '@carillon/shared/recipients'
import type { Explanation, RecipientExplanation } from '../../why/explanation.ts'
import { timeField } from '../../input/fields.ts'
import { connectionStatuses } from '../connections/response.ts'

const userId = Type.String({ description: 'Your id of the user' })
const title = Type.String({ description: 'The title of the message, or the beginning of its text' })
const explanation = Type.String({ description: 'Complete sentences for a person' })
const nextStep = Type.Union([Type.String(), Type.Null()], { description: 'What a person has to do now. Null when nothing has to be done' })
const received = Type.Enum(['yes', 'notYet', 'unknown', 'no'], {
  description: '`yes`: a provider accepted the message. `notYet`: it waits. `unknown`: it may have arrived. `no`: it was not and will not be sent'
})
const connectionFields = {
  connectionId: Type.String({ description: '`con_…`' }),
  provider: Type.String(),
  account: Type.Object({ id: Type.String(), name: Type.String() }, { title: 'Account' })
}

export const recipientExplanationResponse = Type.Object({
  notificationId: Type.String({ description: '`ntf_…`' }),
  userId,
  title,
  createdAt: timeField,
  received,
  explanation,
  nextStep,
  connections: Type.Array(Type.Object({
    ...connectionFields,
    state: Type.Union([Type.Enum(deliveryStates), Type.Null()], { description: 'The state of the delivery. Null when there is none' }),
    dueAt: Type.Union([timeField, Type.Null()], { description: 'When the next attempt is due' }),
    receipt: Type.Union([Type.Object({ id: Type.String() }, { title: 'Receipt' }), Type.Null()], { description: "The provider's id of the message" }),
    explanation,
    nextStep
  }, { title: 'ConnectionExplanation' }), { description: "The user's connections that concern this notification" })
}, { title: 'RecipientExplanation' })

export const userExplanationResponse = Type.Object({
  userId,
  isKnown: Type.Boolean(),
  explanation,
  nextStep,
  connections: Type.Array(Type.Object({
    ...connectionFields,
    status: Type.Enum(connectionStatuses),
    muted: Type.Boolean(),
    parked: Type.Integer({ description: 'Deliveries that wait for the user to reconnect' }),
    explanation,
    nextStep
  }, { title: 'ConnectionHealth' })),
  notifications: Type.Array(Type.Object({
    notificationId: Type.String({ description: '`ntf_…`' }),
    title,
    createdAt: timeField,
    received,
    explanation
  }, { title: 'RecentNotification' }), { description: `The last notifications of the user, newest first: those with a delivery to the user, and those without one among the latest ${searchedNotifications} of the deployment` }),
  onlyDeliveredBefore: Type.Union([timeField, Type.Null()], {
    description: 'Notifications without a delivery to the user are missing from the list if they were created before this time. Null: the list is complete'
  })
}, { title: 'UserExplanation' })

export function toRecipientExplanationResponse (
  { notification, userId }: Recipient, result: RecipientExplanation
): Static<typeof recipientExplanationResponse> {
  const { received, explanation, nextStep, connections } = result
  return {
    notificationId: publicId('notification', notification.id),
    userId,
    title: titleOf(notification.message),
    createdAt: notification.createdAt.toISOString(),
    received,
    explanation,
    nextStep,
    connections: connections.map(({ connection, explanation, nextStep }) => ({
      ...toConnectionFields(connection),
      state: connection.delivery?.state ?? null,
      dueAt: connection.delivery?.dueAt?.toISOString() ?? null,
      receipt: connection.delivery?.receipt ?? null,
      explanation,
      nextStep
    }))
  }
}

export interface UserFindings extends Explanation {
  userId: string
  isKnown: boolean
  connections: Array<Explanation & { connection: UserConnection }>
  notifications: Array<{ recipient: Recipient, result: RecipientExplanation }>
  onlyDeliveredBefore: Date | null
}

export function toUserExplanationResponse (
  { connections, notifications, onlyDeliveredBefore, ...findings }: UserFindings
): Static<typeof userExplanationResponse> {
  return {
    ...findings,
    connections: connections.map(({ connection, explanation, nextStep }) => ({
      ...toConnectionFields(connection),
      status: connection.status,
      muted: connection.muted !== null,
      parked: connection.parked,
      explanation,
      nextStep
    })),
    notifications: notifications.map(({ recipient: { notification }, result }) => ({
      notificationId: publicId('notification', notification.id),
      title: titleOf(notification.message),
      createdAt: notification.createdAt.toISOString(),
      received: result.received,
      explanation: shortOf(result)
    })),
    onlyDeliveredBefore: onlyDeliveredBefore?.toISOString() ?? null
  }
}

/** With one connection, its own explanation says more. */
function shortOf ({ explanation, connections: [only, ...others] }: RecipientExplanation): string {
  return only !== undefined && others.length === 0 ? only.explanation : explanation
}

function toConnectionFields ({ id, provider, account }: UserConnection) {
  return { connectionId: publicId('connection', id), provider, account }
}

function titleOf ({ title, body, url, type }: Message): string {
  return (title ?? body ?? url ?? type).slice(0, 200)
}
