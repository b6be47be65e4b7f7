import { claimCode, maxCodes, openAwaitedGrant, releaseHandshake, releaseUnsentCode } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import type { Grant, Provider } from '@carillon/shared/providers'
import { chargeMessage, chargeOutgoing } from '../../outgoing-budget.ts'
import { Problem } from '../../problems/problem.ts'
import { newRequestContext } from '../../request-context.ts'
import type { Services } from '../../services.ts'
import { confirmationUrl } from '../handshake-urls.ts'
import { toUnusableAddress } from './address-result.ts'
import type { AddressResult } from './address-result.ts'
import { connectProven } from '../finish/connect-proven.ts'

const timeoutMs = 25_000

/** Sends a code to an address that the user just entered. Throws Problem `tooManyRequests`. */
export async function sendFirstCode (
  services: Services, provider: Provider, handshake: Handshake, grant: Grant
): Promise<AddressResult> {
  return await send(services, provider, handshake, grant, false)
}

/** Sends another code to the address that waits for one. Throws Problem `tooManyRequests` until `resendAt`. */
export async function resendCode (services: Services, provider: Provider, handshake: Handshake): Promise<AddressResult> {
  const grant = openAwaitedGrant(services.vault, handshake)
  if (grant === undefined) return { kind: 'over' }
  assertMayResend(handshake, services.now())
  return await send(services, provider, handshake, grant, true)
}

async function send (
  services: Services, provider: Provider, handshake: Handshake, grant: Grant, isResend: boolean
): Promise<AddressResult> {
  const { database, vault, site, now } = services
  const { id, userId } = handshake
  assertCodesLeft(handshake)
  await chargeOutgoing(services, { owner: { userId }, provider, host: grant.account.host, cost: 1 })
  await chargeMessage(services, { userId, provider, address: grant.account.id })
  const secrets = await claimCode(database, vault, { id, grant, isResend }, now())
  if (secrets === undefined) return { kind: 'over' }
  const confirmation = { code: secrets.code, url: confirmationUrl(site, provider.id, id, secrets.link), site: site.name }
  try {
    const sent = await provider.handshakes.address?.sendCode?.(grant, confirmation, newRequestContext(services, timeoutMs))
    if (sent === 'proven') return await connectProven(services, provider, handshake, grant)
    await releaseHandshake(database, id)
    return { kind: 'sent' }
  } catch (error) {
    // Codes that were sent before go on working.
    await releaseUnsentCode(database, id, handshake.pending)
    return toUnusableAddress(error, provider, services.log)
  }
}

function assertCodesLeft ({ codesSent }: Handshake): void {
  if (codesSent >= maxCodes) throw new Problem('tooManyRequests', 'No more codes are sent in this handshake: start another one')
}

function assertMayResend ({ resendAt }: Handshake, now: number): void {
  const seconds = Math.ceil(((resendAt?.getTime() ?? 0) - now) / 1_000)
  if (seconds <= 0) return
  throw new Problem('tooManyRequests', `The next code can be sent in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`, {
    headers: { 'retry-after': String(seconds) }
  })
}
