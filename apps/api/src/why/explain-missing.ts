import type { Recipient, RecipientConnection } from '@carillon/shared/recipients'
import { publicId } from '@carillon/shared/db'
import { explainBlock } from './explain-block.ts'
import { listWords } from './list-words.ts'
import { connectLink } from './explanation.ts'
import type { ExplainContext, Explanation } from './explanation.ts'

/** Why the notification has no delivery to this connection. A broadcast may still reach it. */
export function explainMissing (
  connection: RecipientConnection, recipient: Recipient, { nameOf, isOffered }: ExplainContext
): Explanation {
  const { provider, connectedAt, disconnectedAt, statusReason } = connection
  const { userId, notification: { providers, createdAt, audience } } = recipient
  const name = nameOf(provider)
  if (providers?.includes(provider) === false) {
    return { explanation: `The notification was restricted to ${listWords(providers.map(nameOf))}.`, nextStep: null }
  }
  if (disconnectedAt !== null && disconnectedAt <= createdAt) {
    return {
      explanation: `The connection ended at ${disconnectedAt.toISOString()}, before the notification was accepted${explainEnd(statusReason)}.`,
      nextStep: `Ask ${userId} to connect ${name} again. ${connectLink}`
    }
  }
  if (connectedAt > createdAt) {
    return { explanation: `Connected at ${connectedAt.toISOString()}, after the notification was accepted.`, nextStep: null }
  }
  if (!isOffered(provider)) {
    return { explanation: `This deployment does not send through ${name}.`, nextStep: `Set the variables of ${name}, and restart the API and the worker.` }
  }
  if (audience === 'everyone') return explainTurn(connection, recipient, name)
  return { explanation: 'The notification was accepted without a delivery to this connection.', nextStep: `Send the notification to ${userId} again.` }
}

/** The connection belongs to the audience of a broadcast. */
function explainTurn (connection: RecipientConnection, { notification, userId }: Recipient, name: string): Explanation {
  const { id, sendAt, pausedAt, canceledAt, isPlanned } = notification
  const { turn } = connection
  if (canceledAt !== null) {
    return { explanation: `The broadcast was canceled at ${canceledAt.toISOString()}, before it reached this connection.`, nextStep: null }
  }
  if (pausedAt !== null) {
    return {
      explanation: `The broadcast has been paused since ${pausedAt.toISOString()}, and has not reached this connection.`,
      nextStep: `Resume the broadcast with \`carillon notifications resume ${publicId('notification', id)}\`.`
    }
  }
  if (sendAt !== null) return { explanation: `The broadcast is scheduled for ${sendAt.toISOString()}.`, nextStep: null }
  if (turn?.kind === 'segment') {
    return { explanation: `The broadcast has not reached this connection yet. Its part is due at ${turn.dueAt.toISOString()}.${explainBlock(connection, name)}`, nextStep: null }
  }
  if (turn?.kind === 'planning' || !isPlanned) {
    return { explanation: 'The broadcast is still being planned: a worker divides its audience into parts.', nextStep: 'If this lasts, check that a worker runs.' }
  }
  return {
    explanation: `The broadcast was planned without this connection: the worker did not send through ${name} then.`,
    nextStep: `Send the notification to ${userId} again.`
  }
}

function explainEnd (reason: string | null): string {
  if (reason === null) return ''
  return reason === 'disconnected' ? ', because the user disconnected it' : ` (${reason})`
}
