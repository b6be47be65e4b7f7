import { claimHandshake, endTurn, findHandshake, openBegun, takeTurn } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { ProviderError } from '@carillon/shared/providers'
import type { Grant, Provider } from '@carillon/shared/providers'
import { newCall } from '../request-context.ts'
import { takeOutgoing } from '../outgoing-budget.ts'
import type { Services } from '../services.ts'
import { abandonHandshake } from './finish-handshake.ts'
import { HandshakeFailure } from './handshake-failure.ts'
import { completeFailure, isPassing } from './provider-failure.ts'
import { requireOwnTeam } from './assert-own-team.ts'
import { settleGrant } from './store-grant.ts'

const timeoutMs = 20_000

/**
 * Asks the provider whether the code has been entered, unless it was asked a moment ago, and answers the handshake as it is
 * then. It may be called as often as anybody likes: the provider is asked at its own pace, over all processes.
 */
export async function redeemCode (services: Services, provider: Provider, handshake: Handshake): Promise<Handshake> {
  const { database, now, vault } = services
  const asked = now()
  const begun = openBegun(vault, handshake)
  if (begun === undefined || !await takeTurn(database, handshake.id, timeoutMs, asked)) return await current()
  const { pending, intervalMs = 5_000 } = begun
  const waitSeconds = await takeOutgoing(services, { holder: { userId: handshake.userId }, provider, cost: 1 })
  if (waitSeconds > 0) {
    await endTurn(database, handshake.id, now() + waitSeconds * 1_000)
    return await current()
  }

  try {
    requireOwnTeam(handshake)
    const grant = await provider.handshakes.oneTimeCode?.complete(pending, newCall(services, timeoutMs))
    if (grant === null || grant === undefined) await endTurn(database, handshake.id, now() + intervalMs)
    // It was entered in time when it was so as we asked.
    else if (await claimHandshake(database, handshake, asked)) await finish(grant)
  } catch (error) {
    if (isPassing(error)) await endTurn(database, handshake.id, nextAfter(error, now() + intervalMs))
    else if (await claimHandshake(database, handshake, asked)) {
      await abandonHandshake(services, provider, handshake, translate(error))
    }
  }
  return await current()

  async function finish (grant: Grant): Promise<void> {
    try {
      await settleGrant(services, provider, handshake, grant)
    } catch (error) {
      await abandonHandshake(services, provider, handshake, error)
    }
  }

  async function current (): Promise<Handshake> {
    return await findHandshake(database, handshake.id, now()) ?? handshake
  }
}

/** Waiting for users is no failure; what the provider refuses is a code whose time is over. */
function translate (error: unknown): unknown {
  if (!(error instanceof ProviderError)) return error
  return error.verdict.kind === 'rejected' ? new HandshakeFailure('codeExpired', error.message) : completeFailure(error)
}

function nextAfter ({ verdict }: ProviderError, earliest: number): number {
  return verdict.kind === 'rateLimited' ? Math.max(verdict.retryAt, earliest) : earliest
}
