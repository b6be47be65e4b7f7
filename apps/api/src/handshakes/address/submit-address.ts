import { claimHandshake } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import { chargeOutgoing } from '../../outgoing-budget.ts'
import { newRequestContext } from '../../request-context.ts'
import type { Services } from '../../services.ts'
import { connectProven } from '../finish/connect-proven.ts'
import { toUnusableAddress } from './address-result.ts'
import type { AddressResult } from './address-result.ts'
import { sendFirstCode } from './send-code.ts'

const timeoutMs = 20_000
const requestsPerAddress = 2

/**
 * Checks the address that the user entered. Connects it where the address is the proof, and otherwise sends a code to it. The
 * result does not depend on whether the address is connected already. Throws Problem `tooManyRequests`.
 */
export async function submitAddress (
  services: Services, provider: Provider, handshake: Handshake, text: string
): Promise<AddressResult> {
  const { address } = provider.handshakes
  if (address === undefined) throw new TypeError(`${provider.id} has no handshakes with an address`)
  await chargeOutgoing(services, { owner: { userId: handshake.userId }, provider, cost: requestsPerAddress })
  const grant = await address.accept(text.trim(), newRequestContext(services, timeoutMs))
    .catch((error: unknown) => toUnusableAddress(error, provider, services.log))
  if ('kind' in grant) return grant
  if (address.sendCode !== undefined) return await sendFirstCode(services, provider, handshake, grant)
  if (!await claimHandshake(services.database, handshake, services.now())) return { kind: 'over' }
  return await connectProven(services, provider, handshake, grant)
}
