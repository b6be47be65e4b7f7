import { claimTry, openPendingAuthorization, releaseHandshake } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { ProviderError } from '@carillon/shared/providers'
import type { Grant, Provider } from '@carillon/shared/providers'
import { chargeOutgoing } from '../outgoing-budget.ts'
import { newRequestContext } from '../request-context.ts'
import type { Services } from '../services.ts'
import { assertTeamOwner } from './finish/assert-team-owner.ts'
import { abortHandshake } from './finish/finish-handshake.ts'
import { HandshakeFailure } from './outcome/handshake-failure.ts'
import { connectedOutcome } from './outcome/handshake-outcome.ts'
import type { Outcome } from './outcome/handshake-outcome.ts'
import { isRetryable, toCompleteFailure } from './outcome/provider-failure.ts'
import type { Reason } from './outcome/reasons.ts'
import { storeOrHoldGrant } from './finish/store-grant.ts'

/**
 * The result of a verifier. After `wrong` and `retryLater` the user may submit another; `held` waits for the user to confirm the
 * account; `over` means that the handshake has ended or another verifier is being tried.
 */
export type VerifierResult =
  | Outcome
  | { kind: 'held' }
  | { kind: 'wrong', triesLeft: number }
  | { kind: 'retryLater', reason: Reason }
  | { kind: 'over' }

const timeoutMs = 25_000
/** An access token, and the account that it belongs to. */
const requestsPerTry = 3

/** Tries the verifier that the user read on the provider's page. Throws Problem `tooManyRequests`. */
export async function submitVerifier (
  services: Services, provider: Provider, handshake: Handshake, verifier: string
): Promise<VerifierResult> {
  const { database, now } = services
  const { userId, account } = handshake
  await chargeOutgoing(services, { owner: { userId }, provider, account, cost: requestsPerTry })
  const triesLeft = await claimTry(database, handshake.id, now())
  if (triesLeft === undefined) return { kind: 'over' }
  let grant: Grant | undefined
  try {
    assertTeamOwner(handshake)
    const requestedAt = new Date(now())
    grant = { ...await complete(services, provider, handshake, verifier), requestedAt }
    const stored = await storeOrHoldGrant(services, provider, handshake, grant)
    return stored === 'held' ? { kind: 'held' } : connectedOutcome(grant, stored.connectionId)
  } catch (error) {
    return await fail(error, triesLeft, grant)
  }

  async function fail (error: unknown, triesLeft: number, grant?: Grant): Promise<VerifierResult> {
    const isWrong = error instanceof ProviderError && error.failure.kind === 'rejected'
    if ((isWrong || isRetryable(error)) && triesLeft > 0) {
      await releaseHandshake(database, handshake.id)
      return isWrong ? { kind: 'wrong', triesLeft } : { kind: 'retryLater', reason: toCompleteFailure(error).reason }
    }
    const failure = isWrong ? new HandshakeFailure('wrongVerifier', error.message) : toFailure(error)
    return { kind: 'failed', reason: await abortHandshake(services, provider, handshake, failure, grant) }
  }
}

async function complete (services: Services, provider: Provider, handshake: Handshake, verifier: string): Promise<Grant> {
  const authorization = openPendingAuthorization(services.vault, handshake)
  if (authorization === undefined || provider.handshakes.verifier === undefined) throw new Error('The handshake expects no verifier')
  return await provider.handshakes.verifier.complete(authorization.pending, verifier, newRequestContext(services, timeoutMs))
}

function toFailure (error: unknown): unknown {
  return error instanceof ProviderError ? toCompleteFailure(error) : error
}
