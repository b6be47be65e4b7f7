import { queueRevocation } from '@carillon/shared/connections'
import { takeObtainedGrant } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import type { Grant, Provider } from '@carillon/shared/providers'
import type { Services } from '../services.ts'
import { abandonHandshake, finishHandshake } from './finish-handshake.ts'
import { HandshakeFailure } from './handshake-failure.ts'
import type { Reason } from './reasons.ts'
import { requireOwnTeam } from './assert-own-team.ts'

/** What followed from the user's decision; `over` when it was made before, or the handshake has ended. */
export type Decided = { kind: 'connected', grant: Grant } | { kind: 'failed', reason: Reason } | { kind: 'over' }

/** Connects the account whose credentials the handshake holds, or discards them. */
export async function decideAccount (
  services: Services, provider: Provider, handshake: Handshake, isAccepted: boolean
): Promise<Decided> {
  const { database, now, vault } = services
  const grant = await takeObtainedGrant(database, vault, handshake.id, now())
  if (grant === undefined) return { kind: 'over' }
  try {
    if (!isAccepted) throw new HandshakeFailure('accountDeclined', 'the user did not want this account')
    requireOwnTeam(handshake)
    await finishHandshake(services, provider, handshake, grant)
    return { kind: 'connected', grant }
  } catch (error) {
    const reason = await abandonHandshake(services, provider, handshake, error)
    // After an error of our own the credentials may be stored and in use.
    if (error instanceof HandshakeFailure && provider.revoke !== undefined) {
      const { credentials, account } = grant
      await queueRevocation(database, vault, { connectionId: null, provider: provider.id, accountId: account.id, credentials })
    }
    return { kind: 'failed', reason }
  }
}
