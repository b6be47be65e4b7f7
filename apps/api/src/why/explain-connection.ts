import { publicId } from '@carillon/shared/db'
import type { UserConnection } from '@carillon/shared/recipients'
import { explainBlock } from './explain-block.ts'
import { connectLink } from './explanation.ts'
import type { ExplainContext, Explanation } from './explanation.ts'

/** Whether a connection of the user receives messages now. */
export function explainConnection (
  connection: UserConnection, userId: string, { nameOf, isOffered, now }: ExplainContext
): Explanation {
  const { id, provider, status, statusReason, muted, connectedAt, disconnectedAt, needsReauthAt } = connection
  const { limitedUntil, parked, block } = connection
  const name = nameOf(provider)
  const reason = statusReason?.replace(/[.\s]+$/, '') ?? ''
  if (status === 'revoked') {
    const why = reason === 'disconnected' ? `${userId} disconnected it` : reason
    return { explanation: `Ended at ${disconnectedAt?.toISOString() ?? 'an unknown time'}: ${why}.`, nextStep: `Ask ${userId} to connect ${name} again. ${connectLink}` }
  }
  if (status === 'needsReauth') {
    const since = needsReauthAt === null ? 'Does not work' : `Has not worked since ${needsReauthAt.toISOString()}`
    return {
      explanation: `${since}. The reason is: ${reason}.${explainParked(parked)}`,
      nextStep: `Ask ${userId} to reconnect ${name}. ${connectLink}`
    }
  }
  if (muted !== null) {
    return {
      explanation: muted === 'muted' ? `${userId} muted it, so it receives no notifications.` : `${userId} unsubscribed it, so it receives no notifications.`,
      nextStep: `Ask ${userId} to turn the connection on again. \`PATCH /v1/connections/${publicId('connection', id)}\` with \`{"muted": false}\` does it.`
    }
  }
  if (!isOffered(provider)) {
    return { explanation: `This deployment does not send through ${name}.`, nextStep: `Set the variables of ${name}, and restart the API and the worker.` }
  }
  if (block?.kind === 'misconfigured') {
    return {
      explanation: `${name} refuses this deployment, so no messages are sent there.${explainBlock(connection, name)}`,
      nextStep: `Correct the configuration of ${name}, then restart the API and the worker.`
    }
  }
  if (block?.kind === 'breakerOpen') return { explanation: `The connection works, but messages wait.${explainBlock(connection, name)}`, nextStep: null }
  if (limitedUntil !== null && limitedUntil.getTime() > now()) {
    return { explanation: `Works. The rate limit of ${name} for it ends at ${limitedUntil.toISOString()}.`, nextStep: null }
  }
  return { explanation: `Works. Connected at ${connectedAt.toISOString()}.${explainBlock(connection, name)}`, nextStep: null }
}

function explainParked (parked: number): string {
  if (parked === 0) return ''
  return parked === 1 ? ' One delivery waits for the user to reconnect.' : ` ${parked} deliveries wait for the user to reconnect.`
}
