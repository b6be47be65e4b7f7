import type { FastifyReply } from 'fastify'
import type { Handshake } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import { awaitOutcome, readOutcome, reasonToExpire, returnUrl } from '../../handshakes/outcome/handshake-outcome.ts'
import type { Outcome } from '../../handshakes/outcome/handshake-outcome.ts'
import { accountUrl, startUrl } from '../../handshakes/handshake-urls.ts'
import type { Reason } from '../../handshakes/outcome/reasons.ts'
import type { Services } from '../../services.ts'
import { sendFailure, sendSuccess } from '../outcome-pages.ts'

/** The replies that the pages of one provider share. */
export interface HandshakeReplies {
  /** A page with the reason. Nothing has changed, and the browser is not sent to the site. */
  refuse: (reply: FastifyReply, reason: Reason, backTo?: string | null) => FastifyReply
  /** Sends the browser back to the site with the outcome, or sends a page with it. */
  end: (reply: FastifyReply, handshake: Handshake, outcome: Outcome) => FastifyReply
  /** The same for a handshake that has ended. */
  ended: (reply: FastifyReply, handshake: Handshake) => Promise<FastifyReply>
  /** For the handshake's own browser: waits for the request that claimed the handshake, and sends its outcome. */
  awaitEnd: (reply: FastifyReply, handshake: Handshake) => Promise<FastifyReply>
  /** For other browsers: a page which says that the handshake is over. */
  over: (reply: FastifyReply, handshake: Handshake) => FastifyReply
  /**
   * For a script: the status, and where to go after `pending`. `opened` means that the user has to confirm the account. The
   * location is null when this server's page shows the outcome.
   */
  progress: (reply: FastifyReply, handshake: Handshake) => Promise<FastifyReply>
  /** Sends the browser to the first page of a pending handshake. */
  toStartPage: (reply: FastifyReply, handshake: Handshake) => FastifyReply
  /** Sends the browser to the page on which the user confirms the account. */
  toAccountPage: (reply: FastifyReply, handshake: Handshake) => FastifyReply
}

export function createHandshakeReplies (services: Services, provider: Provider): HandshakeReplies {
  const { site } = services

  const refuse: HandshakeReplies['refuse'] = (reply, reason, backTo) => {
    return sendFailure(reply, reason, { site, provider, ...backTo === undefined ? {} : { backTo } })
  }

  const end: HandshakeReplies['end'] = (reply, handshake, outcome) => {
    const url = leavingUrl(handshake, outcome)
    if (url !== null) return toSite(reply, url)
    if (outcome.kind === 'failed') return refuse(reply, outcome.reason)
    return sendSuccess(reply, { site, provider, handshake, outcome, backTo: returnUrl(handshake, provider, outcome) })
  }

  const ended: HandshakeReplies['ended'] = async (reply, handshake) => end(reply, handshake, await readOutcome(services, handshake))

  const toAccountPage: HandshakeReplies['toAccountPage'] = (reply, { id }) => reply.redirect(accountUrl(site, provider.id, id), 303)

  const toStartPage: HandshakeReplies['toStartPage'] = (reply, { id }) => reply.redirect(startUrl(site, provider.id, id), 303)

  /** Where the browser goes after the handshake. Null when a page of ours shows the outcome, such as a secret. */
  function leavingUrl (handshake: Handshake, outcome: Outcome): string | null {
    return outcome.kind === 'connected' && outcome.newSecret !== undefined ? null : returnUrl(handshake, provider, outcome)
  }

  return {
    refuse,
    end,
    ended,
    progress: async (reply, handshake) => {
      const { id, status, isObtained } = handshake
      reply.header('cache-control', 'no-store')
      if (status !== 'pending') return reply.send({ status, location: leavingUrl(handshake, await readOutcome(services, handshake)) })
      return reply.send(isObtained ? { status: 'opened', location: accountUrl(site, provider.id, id) } : { status, location: null })
    },
    awaitEnd: async (reply, handshake) => {
      const current = await awaitOutcome(services, handshake)
      if (current.status !== 'pending') return await ended(reply, current)
      if (current.claimed) return refuse(reply, 'stillConnecting')
      return current.isObtained ? toAccountPage(reply, current) : toStartPage(reply, current)
    },
    over: (reply, handshake) => {
      const { status, claimed, error, returnTo } = handshake
      // "Already used" would not tell the user that another connection of theirs ended this one.
      const reason = status === 'expired' && !claimed ? reasonToExpire(handshake) : error === 'superseded' ? error : 'alreadyUsed'
      return refuse(reply, reason, returnTo)
    },
    toStartPage,
    toAccountPage
  }
}

/**
 * A browser keeps the fragment of the page that redirects, such as a provider's `#_=_`, unless the new URL has one, which may be
 * empty (Fetch, HTTP-redirect fetch).
 */
function toSite (reply: FastifyReply, url: string): FastifyReply {
  return reply.redirect(url.includes('#') ? url : `${url}#`, 303)
}
