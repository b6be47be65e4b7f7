import type { Recipient } from '@carillon/shared/recipients'
import { listWords } from './list-words.ts'
import { connectLink } from './explanation.ts'
import type { ExplainContext, Explanation } from './explanation.ts'

/** Why the notification has no delivery to the user, and none will come. */
export function explainAbsence (recipient: Recipient, { nameOf }: ExplainContext): Explanation {
  const { userId, isKnown, notification, connections, unreachable } = recipient
  if (!isKnown) return explainUnknownUser(userId)
  if (!notification.isAddressed) return explainAudience(recipient)
  const acceptedAt = notification.createdAt.toISOString()
  const open = connections.filter(({ status }) => status !== 'revoked')
  if (connections.length === 0) {
    const known = unreachable === 'unknownUser' ? `Carillon did not know ${userId} when the notification was accepted at ${acceptedAt}.` : `When the notification was accepted at ${acceptedAt}, ${userId} had no connection.`
    return { explanation: `${known} ${userId} has not connected an account yet.`, nextStep: `Ask ${userId} to connect an account. ${connectLink}` }
  }
  const later = open.filter(({ connectedAt }) => connectedAt > notification.createdAt)
  const [first] = later
  if (first !== undefined) {
    return {
      explanation: `When the notification was accepted at ${acceptedAt}, ${userId} was not connected. ${userId} connected ` +
        `${listWords([...new Set(later.map(({ provider }) => nameOf(provider)))])} at ${first.connectedAt.toISOString()}. A notification does not reach connections that are made later.`,
      nextStep: `Send the notification to ${userId} again.`
    }
  }
  if (open.length === 0) {
    return {
      explanation: `When the notification was accepted at ${acceptedAt}, ${userId} was not connected any more.`,
      nextStep: `Ask ${userId} to connect an account again. ${connectLink}`
    }
  }
  return { explanation: `The notification could not reach any connection of ${userId}.`, nextStep: null }
}

export function explainUnknownUser (userId: string): Explanation {
  return {
    explanation: `Carillon does not know a user with the id ${JSON.stringify(userId)}.`,
    nextStep: 'Check the id, which is your own and case-sensitive. Carillon creates a user on `POST /v1/user-tokens` or an import.'
  }
}

function explainAudience ({ userId, notification: { audience, audienceCount } }: Recipient): Explanation {
  const explanation = audience === 'teams'
    ? `The notification was sent to the members of ${count(audienceCount, 'team')}. ${userId} is not a member of ${audienceCount === 1 ? 'it' : 'any of them'}.`
    : audienceCount === 1
      ? `The notification was sent to another user, and not to ${userId}.`
      : `The notification was sent to ${count(audienceCount, 'user')}. ${userId} is not one of them.`
  return { explanation, nextStep: `Send a notification to ${userId}.` }
}

function count (number: number | null, noun: string): string {
  return number === 1 ? `one ${noun}` : `${number ?? 0} ${noun}s`
}
