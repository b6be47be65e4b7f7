import { claimVerifierTry, openBegun, releaseHandshake } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { ProviderError } from '@carillon/shared/providers'
import type { Grant, Provider } from '@carillon/shared/providers'
import { newCall } from '../request-context.ts'
import { chargeOutgoing } from '../outgoing-budget.ts'
import type { Services } from '../services.ts'
import { abandonHandshake } from './finish-handshake.ts'
import { HandshakeFailure } from './handshake-failure.ts'
import { completeFailure, isPassing } from './provider-failure.ts'
import type { Reason } from './reasons.ts'
import { requireOwnTeam } from './assert-own-team.ts'
import { settleGrant } from './store-grant.ts'

/** What came of a verifier. After `wrong` and `later` another may be given; `held` waits for the user to confirm the account. */
export type Given =
  | { kind: 'connected', accountName: string }
  | { kind: 'held' }
  | { kind: 'wrong', left: number }
  | { kind: 'later', reason: Reason }
  | { kind: 'failed', reason: Reason }
  | { kind: 'over' }

const timeoutMs = 25_000
/** An access token, and whose it is. */
const requestsPerTry = 3

/**
 * Tries a verifier that a user has read off the provider's page. Of all that are given at a time, one is tried. Throws Problem
 * `tooManyRequests`.
 */
export async function giveVerifier (
  services: Services, provider: Provider, handshake: Handshake, verifier: string
): Promise<Given> {
  const { database, now } = services
  const { userId, account } = handshake
  await chargeOutgoing(services, { holder: { userId }, provider, account, cost: requestsPerTry })
  const left = await claimVerifierTry(database, handshake.id, now())
  if (left === undefined) return { kind: 'over' }
  try {
    requireOwnTeam(handshake)
    const grant = await complete(services, provider, handshake, verifier)
    if (await settleGrant(services, provider, handshake, grant) === 'held') return { kind: 'held' }
    return { kind: 'connected', accountName: grant.account.name }
  } catch (error) {
    return await judge(error)
  }

  async function judge (error: unknown): Promise<Given> {
    const isWrong = error instanceof ProviderError && error.verdict.kind === 'rejected'
    if ((isWrong || isPassing(error)) && left !== undefined && left > 0) {
      await releaseHandshake(database, handshake.id)
      return isWrong ? { kind: 'wrong', left } : { kind: 'later', reason: completeFailure(error).reason }
    }
    const failure = isWrong ? new HandshakeFailure('wrongVerifier', error.message) : translate(error)
    return { kind: 'failed', reason: await abandonHandshake(services, provider, handshake, failure) }
  }
}

async function complete (services: Services, provider: Provider, handshake: Handshake, verifier: string): Promise<Grant> {
  const begun = openBegun(services.vault, handshake)
  if (begun === undefined || provider.handshakes.verifier === undefined) throw new Error('There is no verifier to wait for')
  return await provider.handshakes.verifier.complete(begun.pending, verifier, newCall(services, timeoutMs))
}

function translate (error: unknown): unknown {
  return error instanceof ProviderError ? completeFailure(error) : error
}
