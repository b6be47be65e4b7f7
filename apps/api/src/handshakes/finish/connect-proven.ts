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
    await storeOrHoldGrant(services, provider, handshake, grant)
    return connectedOutcome(grant)
  } catch (error) {
    return { kind: 'failed', reason: await abortHandshake(services, provider, handshake, error, grant) }
  }
}
