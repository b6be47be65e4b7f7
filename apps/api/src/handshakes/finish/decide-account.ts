import { claimObtainedGrant } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import type { Services } from '../../services.ts'
import { assertTeamOwner } from './assert-team-owner.ts'
import { abortHandshake, finishHandshake } from './finish-handshake.ts'
import { HandshakeFailure } from '../outcome/handshake-failure.ts'
import { connectedOutcome } from '../outcome/handshake-outcome.ts'
import type { Outcome } from '../outcome/handshake-outcome.ts'

/**
 * Connects the account whose grant the handshake holds, or discards the grant. `over`: the user decided before, or it has ended.
 */
export async function decideAccount (
  services: Services, provider: Provider, handshake: Handshake, isAccepted: boolean
): Promise<Outcome | { kind: 'over' }> {
  const { database, now, vault } = services
  const grant = await claimObtainedGrant(database, vault, handshake.id, now())
  if (grant === undefined) return { kind: 'over' }
  try {
    if (!isAccepted) throw new HandshakeFailure('accountDeclined', 'the user declined the account')
    assertTeamOwner(handshake)
    return connectedOutcome(grant, await finishHandshake(services, provider, handshake, grant))
  } catch (error) {
    return { kind: 'failed', reason: await abortHandshake(services, provider, handshake, error, grant) }
  }
}
