import type { Handshake } from '@carillon/shared/handshakes'
import type { Grant, Provider } from '@carillon/shared/providers'
import type { Services } from '../../services.ts'
import { assertTeamOwner } from './assert-team-owner.ts'
import { abortHandshake } from './finish-handshake.ts'
import { connectedOutcome } from '../outcome/handshake-outcome.ts'
import type { Outcome } from '../outcome/handshake-outcome.ts'
import { storeOrHoldGrant } from './store-grant.ts'

/** Connects the account of a claimed handshake. The user has proven that it is theirs. */
export async function connectProven (
  services: Services, provider: Provider, handshake: Handshake, grant: Grant
): Promise<Outcome> {
  try {
    assertTeamOwner(handshake)
    const stored = await storeOrHoldGrant(services, provider, handshake, grant)
    if (stored === 'held') throw new Error('The account of a proven address was to be confirmed')
    return connectedOutcome(grant, stored.connectionId)
  } catch (error) {
    return { kind: 'failed', reason: await abortHandshake(services, provider, handshake, error, grant) }
  }
}
