import { queueRevocation, toRevocation } from '@carillon/shared/grants'
import { claimHandshake, claimPoll, findHandshake, openPendingAuthorization, schedulePoll } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { ProviderError } from '@carillon/shared/providers'
import type { Grant, Provider } from '@carillon/shared/providers'
import { takeOutgoing } from '../outgoing-budget.ts'
import { newRequestContext } from '../request-context.ts'
import type { Services } from '../services.ts'
import { assertTeamOwner } from './finish/assert-team-owner.ts'
import { abortHandshake } from './finish/finish-handshake.ts'
import { HandshakeFailure } from './outcome/handshake-failure.ts'
import { isRetryable, toCompleteFailure } from './outcome/provider-failure.ts'
import { storeOrHoldGrant } from './finish/store-grant.ts'

const timeoutMs = 20_000

/**
 * Asks the provider whether the user has entered the code, and returns the handshake as it is then. Callers may call it as often
 * as they like: all processes together ask the provider no more often than it allows.
 */
export async function redeemCode (services: Services, provider: Provider, handshake: Handshake): Promise<Handshake> {
  const { database, now, vault } = services
  const askedAt = now()
  const authorization = openPendingAuthorization(vault, handshake)
  if (authorization === undefined || !await claimPoll(database, handshake.id, timeoutMs, askedAt)) return await current()
  const { pending, intervalMs = 5_000 } = authorization
  const waitSeconds = await takeOutgoing(services, { owner: { userId: handshake.userId }, provider, cost: 1 })
  if (waitSeconds > 0) {
    await schedulePoll(database, handshake.id, now() + waitSeconds * 1_000)
    return await current()
  }

  try {
    assertTeamOwner(handshake)
    const grant = await provider.handshakes.oneTimeCode?.complete(pending, newRequestContext(services, timeoutMs))
    if (grant === null || grant === undefined) await schedulePoll(database, handshake.id, now() + intervalMs)
    // A code that was entered when we asked was entered in time, however long the response took.
    else if (await claimHandshake(database, handshake, askedAt)) await finish(grant)
    // The handshake ended while the provider responded, for example because the user was deleted.
    else if (provider.revoke !== undefined) await queueRevocation(database, vault, toRevocation(provider.id, grant))
  } catch (error) {
    if (isRetryable(error)) await schedulePoll(database, handshake.id, nextPollAt(error, now() + intervalMs))
    else if (await claimHandshake(database, handshake, askedAt)) {
      await abortHandshake(services, provider, handshake, toFailure(error))
    }
  }
  return await current()

  async function finish (grant: Grant): Promise<void> {
    try {
      await storeOrHoldGrant(services, provider, handshake, { ...grant, requestedAt: new Date(askedAt) })
    } catch (error) {
      await abortHandshake(services, provider, handshake, error, grant)
    }
  }

  async function current (): Promise<Handshake> {
    return await findHandshake(database, handshake.id, now()) ?? handshake
  }
}

/** A code that the user has not entered yet is no error. The provider rejects codes that have expired. */
function toFailure (error: unknown): unknown {
  if (!(error instanceof ProviderError)) return error
  return error.failure.kind === 'rejected' ? new HandshakeFailure('codeExpired', error.message) : toCompleteFailure(error)
}

function nextPollAt ({ failure }: ProviderError, earliest: number): number {
  return failure.kind === 'rateLimited' ? Math.max(failure.retryAt, earliest) : earliest
}
