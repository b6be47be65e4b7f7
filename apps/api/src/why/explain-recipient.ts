import type { Recipient, RecipientConnection } from '@carillon/shared/recipients'
import { explainAbsence } from './explain-absence.ts'
import { explainMissing } from './explain-missing.ts'
import { explainNextStep } from './explain-next-step.ts'
import { explainSend } from './explain-send.ts'
import { listWords } from './list-words.ts'
import type { ConnectionExplanation, ExplainContext, Received, RecipientExplanation } from './explanation.ts'

/** Why the user did or did not get the notification, in complete sentences. */
export function explainRecipient (recipient: Recipient, context: ExplainContext): RecipientExplanation {
  const { isKnown, notification, connections, userId } = recipient
  const reached = connections.filter(({ delivery }) => delivery !== null)
  if (!isKnown || (reached.length === 0 && !notification.isAddressed)) {
    return { received: 'no', ...explainAbsence(recipient, context), connections: [] }
  }
  // A connection that ended before explains something only when there is no other.
  const relevant = connections.filter(({ delivery, status }) => delivery !== null || status !== 'revoked')
  const explained = (relevant.length > 0 ? relevant : connections)
    .map((connection) => explainForConnection(connection, recipient, context))
  const received = receivedOf(connections, recipient)
  if (reached.length === 0 && received === 'no') return { received, ...explainAbsence(recipient, context), connections: explained }
  const senders = reached.filter(({ delivery }) => delivery?.state === 'sent').map(({ provider }) => context.nameOf(provider))
  const explanation = {
    yes: `${listWords([...new Set(senders)])} accepted the notification for ${userId}.`,
    notYet: `The notification has not been sent to ${userId} yet.`,
    unknown: `It is not known whether ${userId} got the notification.`,
    no: `${userId} did not get the notification.`
  }[received]
  return { received, explanation, nextStep: null, connections: explained }
}

function explainForConnection (
  connection: RecipientConnection, recipient: Recipient, context: ExplainContext
): ConnectionExplanation {
  const { delivery, provider } = connection
  if (delivery === null) return { connection, ...explainMissing(connection, recipient, context) }
  const name = context.nameOf(provider)
  return {
    connection,
    explanation: explainSend(connection, delivery, name),
    nextStep: explainNextStep(connection, delivery, { name, userId: recipient.userId })
  }
}

const waiting = ['queued', 'sending', 'retrying', 'parked']

function receivedOf (connections: RecipientConnection[], { notification }: Recipient): Received {
  const states = connections.map(({ delivery }) => delivery?.state)
  if (states.includes('sent')) return 'yes'
  if (states.includes('unknown')) return 'unknown'
  if (states.some((state) => state !== undefined && waiting.includes(state))) return 'notYet'
  return connections.some((connection) => isExpected(connection, notification)) ? 'notYet' : 'no'
}

/** Whether a broadcast will still reach the connection. */
function isExpected (connection: RecipientConnection, notification: Recipient['notification']): boolean {
  const { delivery, turn, connectedAt, disconnectedAt, provider } = connection
  if (delivery !== null || notification.audience !== 'everyone' || notification.canceledAt !== null) return false
  const isLeftOut = notification.providers?.includes(provider) === false
  if (isLeftOut || connectedAt > notification.createdAt || disconnectedAt !== null) return false
  return turn !== null || !notification.isPlanned
}
