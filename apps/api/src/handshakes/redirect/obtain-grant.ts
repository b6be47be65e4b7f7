import { exchangeCode, ProviderError } from '@carillon/shared/providers'
import type { CodeHandshake, Grant } from '@carillon/shared/providers'
import { newRequestContext } from '../../request-context.ts'
import type { Services } from '../../services.ts'
import { HandshakeFailure } from '../outcome/handshake-failure.ts'
import { toCompleteFailure } from '../outcome/provider-failure.ts'

const tokenTimeoutMs = 10_000
const identifyTimeoutMs = 15_000

/** Exchanges the code for credentials, and asks the provider for their account. Throws HandshakeFailure. */
export async function obtainGrant (
  code: CodeHandshake, given: { code: string, redirectUri: string }, services: Services
): Promise<Grant> {
  const token = await exchangeCode(code, given, newRequestContext(services, tokenTimeoutMs))
    .catch((error: unknown) => { throw toCompleteFailure(error) })
  try {
    return await code.accept(token, newRequestContext(services, identifyTimeoutMs))
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    // Without a status no request was made: the error is about the response of the token endpoint.
    const isAboutToken = error.status === undefined && error.transport === undefined
    if (isAboutToken || error.failure.kind === 'misconfigured') throw toCompleteFailure(error)
    throw new HandshakeFailure('accountUnknown', error.message)
  }
}
