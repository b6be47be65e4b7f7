import type { FastifyReply } from 'fastify'
import { findConnection } from '@carillon/shared/connections'
import type { Handshake } from '@carillon/shared/connections'
import type { Provider } from '@carillon/shared/providers'
import type { Services } from '../services.ts'
import { withOutcome } from './addresses.ts'
import { sendFailure, sendSuccess } from './outcome-pages.ts'
import { readReason } from './reasons.ts'
import type { Reason } from './reasons.ts'

/** What a handshake has brought. */
export interface Outcome {
  accountName: string
  /** What was asked for and not allowed. */
  missingPermissions: string[]
}

/** How a handshake's way through the browser can end. */
export interface Endings {
  /** Where the site is told that it went well or why it did not; null when it has named no address. */
  addressAfter: (handshake: Handshake, reason?: Reason) => string | null
  /** Back to the site with the good news, or a page that has it. */
  connected: (reply: FastifyReply, handshake: Handshake, outcome: Outcome) => FastifyReply
  failed: (reply: FastifyReply, handshake: Handshake, reason: Reason) => FastifyReply
  /** The same for one that has ended already. */
  ended: (reply: FastifyReply, handshake: Handshake) => Promise<FastifyReply>
  /** For whoever comes when all is said: the site has been told, and must not be told otherwise. */
  over: (reply: FastifyReply, handshake: Handshake) => FastifyReply
}

export function createEndings ({ database, site }: Services, provider: Provider): Endings {
  const addressAfter: Endings['addressAfter'] = ({ returnTo }, reason) => {
    if (returnTo === null) return null
    const outcome = reason === undefined ? { carillon: 'connected', provider: provider.id } : { carillon: 'failed', provider: provider.id, reason }
    return withOutcome(returnTo, outcome)
  }
  const connected: Endings['connected'] = (reply, handshake, { accountName, missingPermissions }) => {
    const address = addressAfter(handshake)
    const { id: handshakeId, team } = handshake
    if (address === null) return sendSuccess(reply, { site, provider, handshakeId, team, accountName, missingPermissions })
    const missing: Record<string, string> = missingPermissions.length === 0 ? {} : { missing: missingPermissions.join(',') }
    return reply.redirect(withOutcome(address, missing), 303)
  }
  const failed: Endings['failed'] = (reply, handshake, reason) => {
    const address = addressAfter(handshake, reason)
    return address === null ? sendFailure(reply, reason, { site, provider }) : reply.redirect(address, 303)
  }
  return {
    addressAfter,
    connected,
    failed,
    ended: async (reply, handshake) => {
      const { status, connectionId, error } = handshake
      if (status !== 'completed' || connectionId === null) return failed(reply, handshake, status === 'expired' ? reasonToExpire(handshake) : readReason(error))
      const connection = await findConnection(database, connectionId)
      return connected(reply, handshake, {
        accountName: connection?.account.name ?? '', missingPermissions: connection?.missingPermissions ?? []
      })
    },
    over: (reply, handshake) => {
      const reason = handshake.status === 'expired' && !handshake.claimed ? reasonToExpire(handshake) : 'alreadyUsed'
      return sendFailure(reply, reason, { site, provider, backTo: handshake.returnTo })
    }
  }
}

export function isOver ({ status, claimed }: Handshake): boolean {
  return status !== 'pending' || claimed
}

/** A code has a lifetime of its own. */
export function reasonToExpire ({ kind }: Handshake): Reason {
  return kind === 'code' ? 'codeExpired' : 'expired'
}
