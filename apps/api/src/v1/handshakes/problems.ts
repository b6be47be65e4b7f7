import type { Handshake } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import { reasonToExpire } from '../../handshakes/handshake-outcome.ts'
import { describeReason } from '../../handshakes/reasons.ts'
import type { Reason } from '../../handshakes/reasons.ts'
import { Problem } from '../../problems/problem.ts'
import type { Site } from '../../services.ts'

/** The problem of a handshake that failed just now. */
export function toFailedProblem (reason: Reason, provider: Provider, site: Site): Problem {
  const { title, text } = describeReason(reason, { site: site.name, provider: provider.name })
  return new Problem('handshakeFailed', `${title}. ${text}`, { reason })
}

/** The problem of a handshake that ended before, or that another request is ending. */
export function toOverProblem (handshake: Handshake): Problem {
  const { status, claimed, error } = handshake
  if (status === 'expired') return new Problem('handshakeOver', 'The handshake has expired', { reason: reasonToExpire(handshake) })
  if (status === 'pending' && !claimed) {
    return new Problem('handshakeOver', 'There is no account to confirm: see accountToConfirm', { reason: 'nothingToConfirm' })
  }
  if (status === 'failed' && error !== null) return new Problem('handshakeOver', 'The handshake has failed already', { reason: error })
  return new Problem('handshakeOver', 'The handshake has ended, or another request is ending it', { reason: 'alreadyUsed' })
}
