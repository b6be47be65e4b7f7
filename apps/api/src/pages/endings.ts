import type { FastifyReply } from 'fastify'
import { findConnection } from '@carillon/shared/connections'
import { findHandshake } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import type { Services } from '../services.ts'
import { accountUrl, startUrl, withOutcome } from '../handshakes/addresses.ts'
import { awaitOutcome } from '../handshakes/await-outcome.ts'
import { sendFailure, sendSuccess } from './outcome-pages.ts'
import { readReason } from '../handshakes/reasons.ts'
import type { Reason } from '../handshakes/reasons.ts'

/** What a handshake has brought. */
export interface Outcome {
  accountName: string
  /** What was asked for and not allowed. */
  missingPermissions: string[]
}

/** How a handshake's way through the browser can end. */
export interface Endings {
  /** Where the site is told that it went well or why it did not; null when it has named no address. */
  addressAfter: (handshake: Handshake, reason?: Reason, missingPermissions?: string[]) => string | null
  /** Back to the site with the good news, or a page that has it. */
  connected: (reply: FastifyReply, handshake: Handshake, outcome: Outcome) => FastifyReply
  failed: (reply: FastifyReply, handshake: Handshake, reason: Reason) => FastifyReply
  /** The same for one that has ended already. */
  ended: (reply: FastifyReply, handshake: Handshake) => Promise<FastifyReply>
  /** What became of a handshake that another request has claimed: waits for that request, for a while. */
  outcome: (reply: FastifyReply, handshake: Handshake) => Promise<FastifyReply>
  /** For a handshake that is over: the site has been told already, so this is a page only. */
  over: (reply: FastifyReply, handshake: Handshake) => FastifyReply
}

export function createEndings (services: Services, provider: Provider): Endings {
  const { database, now, site } = services
  const addressAfter: Endings['addressAfter'] = ({ returnTo }, reason, missing = []) => {
    if (returnTo === null) return null
    const { id } = provider
    if (reason !== undefined) return withOutcome(returnTo, { carillon: 'failed', provider: id, reason })
    return withOutcome(returnTo, { carillon: 'connected', provider: id, ...missing.length === 0 ? {} : { missing: missing.join(',') } })
  }
  const connected: Endings['connected'] = (reply, handshake, { accountName, missingPermissions }) => {
    const { id: handshakeId, team } = handshake
    const address = addressAfter(handshake, undefined, missingPermissions)
    return address === null
      ? sendSuccess(reply, { site, provider, handshakeId, team, accountName, missingPermissions })
      : toSite(reply, address)
  }
  const failed: Endings['failed'] = (reply, handshake, reason) => {
    const address = addressAfter(handshake, reason)
    return address === null ? sendFailure(reply, reason, { site, provider }) : toSite(reply, address)
  }
  const ended: Endings['ended'] = async (reply, handshake) => {
    const { status, connectionId, error } = handshake
    if (status !== 'completed' || connectionId === null) return failed(reply, handshake, status === 'expired' ? reasonToExpire(handshake) : readReason(error))
    const connection = await findConnection(database, connectionId)
    return connected(reply, handshake, {
      accountName: connection?.account.name ?? '', missingPermissions: connection?.missingPermissions ?? []
    })
  }
  return {
    addressAfter,
    connected,
    failed,
    ended,
    outcome: async (reply, handshake) => {
      const found = await findHandshake(database, handshake.id, now()) ?? handshake
      const current = await awaitOutcome(services, found)
      if (current.status !== 'pending') return await ended(reply, current)
      if (current.claimed) return sendFailure(reply, 'stillConnecting', { site, provider })
      return reply.redirect((current.isObtained ? accountUrl : startUrl)(site, provider.id, current.id), 303)
    },
    over: (reply, handshake) => {
      const { status, claimed, error } = handshake
      // "Already used" would not tell the user that their second handshake ended this one.
      const reason = status === 'expired' && !claimed ? reasonToExpire(handshake) : error === 'superseded' ? error : 'alreadyUsed'
      return sendFailure(reply, reason, { site, provider, backTo: handshake.returnTo })
    }
  }
}

/**
 * A browser keeps the fragment of the page that redirects, such as Facebook's `#_=_`, unless the new address has one. So it gets
 * one, if only an empty one (Fetch, HTTP-redirect fetch).
 */
function toSite (reply: FastifyReply, address: string): FastifyReply {
  return reply.redirect(address.includes('#') ? address : `${address}#`, 303)
}

export function isOver ({ status, claimed }: Handshake): boolean {
  return status !== 'pending' || claimed
}

/** A code has a lifetime of its own. */
export function reasonToExpire ({ kind }: Handshake): Reason {
  return kind === 'code' ? 'codeExpired' : 'expired'
}
