import type { Handshake } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import { describeUnusable } from '../../handshakes/address/address-result.ts'
import type { UnusableAddress } from '../../handshakes/address/address-result.ts'
import { reasonToExpire } from '../../handshakes/outcome/handshake-outcome.ts'
import { describeReason } from '../../handshakes/outcome/reasons.ts'
import type { Reason } from '../../handshakes/outcome/reasons.ts'
import { invalidInput, Problem } from '../../problems/problem.ts'
import type { Site } from '../../services.ts'

/** The problem of a handshake that failed just now. */
export function toFailedProblem (reason: Reason, provider: Provider, site: Site): Problem {
  const { title, text } = describeReason(reason, { site: site.name, provider: provider.name })
  return new Problem('handshakeFailed', `${title}. ${text}`, { reason })
}

/** The problem of an address that the user may correct. The handshake stays open. */
export function toAddressProblem (result: UnusableAddress, provider: Provider, site: Site): Problem {
  if (result.kind === 'wrong') return invalidInput([{ path: 'address', message: result.reason }])
  const { reason } = result
  const code = ['providerUnavailable', 'providerTimeout', 'providerNonsense', 'misconfigured'].includes(reason) ? 'providerUnavailable' : 'addressRefused'
  return new Problem(code, describeUnusable(result, { site: site.name, provider: provider.name }), { reason })
}

/** The problem of a handshake that ended before, or that another request is ending. */
export function toOverProblem (handshake: Handshake): Problem {
  const { status, claimed, error } = handshake
  if (status === 'expired') return new Problem('handshakeOver', 'The handshake has expired', { reason: reasonToExpire(handshake) })
  if (status === 'pending' && !claimed) {
    const missing = handshake.kind === 'confirm' ? 'No code was sent: send the address first' : 'There is no account to confirm: see accountToConfirm'
    return new Problem('handshakeOver', missing, { reason: 'nothingToConfirm' })
  }
  if (status === 'failed' && error !== null) return new Problem('handshakeOver', 'The handshake has failed already', { reason: error })
  return new Problem('handshakeOver', 'The handshake has ended, or another request is ending it', { reason: 'alreadyUsed' })
}
