import { exchangeCode, ProviderError } from '@carillon/shared/providers'
import type { CodeHandshake, Grant } from '@carillon/shared/providers'
import { newCall } from '../../request-context.ts'
import type { Services } from '../../services.ts'
import { HandshakeFailure } from '../handshake-failure.ts'
import { completeFailure } from '../provider-failure.ts'

const tokenTimeoutMs = 10_000
const identifyTimeoutMs = 15_000

/** Turns the code that the browser brought into credentials and the account they belong to. Throws HandshakeFailure. */
export async function obtainGrant (
  code: CodeHandshake, given: { code: string, redirectUri: string }, services: Services
): Promise<Grant> {
  const token = await exchangeCode(code, given, newCall(services, tokenTimeoutMs))
    .catch((error: unknown) => { throw completeFailure(error) })
  try {
    return await code.accept(token, newCall(services, identifyTimeoutMs))
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    // Without a status nobody has been asked yet: it is what the token endpoint has said.
    if (error.status === undefined && error.transport === undefined) throw completeFailure(error)
    throw new HandshakeFailure('accountUnknown', error.message)
  }
}
