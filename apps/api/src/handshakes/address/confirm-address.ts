import { claimAwaitedGrant, claimTry, findHandshake, isProven, openAwaitedGrant, releaseHandshake } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import type { Services } from '../../services.ts'
import { abortHandshake } from '../finish/finish-handshake.ts'
import { HandshakeFailure } from '../outcome/handshake-failure.ts'
import type { Outcome } from '../outcome/handshake-outcome.ts'
import { connectProven } from '../finish/connect-proven.ts'

/**
 * The result of a code or a link. After `wrong` the user may try again; `over` means that no code is awaited, or that another
 * request is using the handshake.
 */
export type ConfirmationResult = Outcome | { kind: 'wrong', triesLeft: number } | { kind: 'over' }

/** Connects the address whose owner brings back the code. */
export async function confirmByCode (
  services: Services, provider: Provider, handshake: Handshake, code: string
): Promise<ConfirmationResult> {
  const { database, vault, now } = services
  if (openAwaitedGrant(vault, handshake) === undefined) return { kind: 'over' }
  const triesLeft = await claimTry(database, handshake.id, now())
  if (triesLeft === undefined) return { kind: 'over' }
  // A resend may have replaced the code before the claim.
  const claimed = await findHandshake(database, handshake.id, now()) ?? handshake
  const grant = openAwaitedGrant(vault, claimed)
  if (grant !== undefined && isProven(vault, claimed, { code: code.replaceAll(/\s/g, '') })) {
    return await connectProven(services, provider, handshake, grant)
  }
  if (triesLeft > 0) {
    await releaseHandshake(database, handshake.id)
    return { kind: 'wrong', triesLeft }
  }
  const failure = new HandshakeFailure('wrongCode', 'the user entered too many wrong codes')
  return { kind: 'failed', reason: await abortHandshake(services, provider, handshake, failure) }
}

/** Connects the address whose owner opened the link in the message. A wrong link uses up no try: it cannot be guessed. */
export async function confirmByLink (
  services: Services, provider: Provider, handshake: Handshake, link: string
): Promise<Outcome | { kind: 'over' }> {
  const { database, vault, now } = services
  const grant = openAwaitedGrant(vault, handshake)
  if (grant === undefined || !isProven(vault, handshake, { link })) return { kind: 'over' }
  if (!await claimAwaitedGrant(database, handshake, now())) return { kind: 'over' }
  return await connectProven(services, provider, handshake, grant)
}
