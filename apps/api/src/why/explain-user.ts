import type { UserConnection } from '@carillon/shared/recipients'
import { explainUnknownUser } from './explain-absence.ts'
import { connectLink } from './explanation.ts'
import type { Explanation } from './explanation.ts'

/** Whether the user can receive notifications at all. */
export function explainUser (userId: string, isKnown: boolean, connections: UserConnection[]): Explanation {
  if (!isKnown) return explainUnknownUser(userId)
  const open = connections.filter(({ status }) => status !== 'revoked')
  const working = open.filter(({ status, muted }) => status === 'active' && muted === null)
  if (working.length > 0) {
    return { explanation: `${userId} has ${count(working.length)} that can receive notifications.`, nextStep: null }
  }
  if (open.length > 0) return { explanation: `${userId} has ${count(open.length)}, and none that can receive notifications now.`, nextStep: null }
  return {
    explanation: connections.length === 0 ? `${userId} has not connected an account.` : `${userId} is not connected any more.`,
    nextStep: `Ask ${userId} to connect an account. ${connectLink}`
  }
}

function count (number: number): string {
  return number === 1 ? 'one connection' : `${number} connections`
}
