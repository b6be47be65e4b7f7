import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ProviderError } from '@carillon/shared/providers'
import type { CodeHandshake, Grant } from '@carillon/shared/providers'
import { newCall } from '../../call.ts'
import type { Services } from '../../services.ts'
import { HandshakeFailure } from '../handshake-failure.ts'
import { completeFailure } from '../provider-failure.ts'
import { exchangeFailure } from './exchange-failure.ts'

const identifyTimeoutMs = 15_000

/** Turns the code in the request's query into credentials and the account they belong to. Throws HandshakeFailure. */
export async function obtainGrant (
  scope: FastifyInstance, request: FastifyRequest, code: CodeHandshake, services: Services
): Promise<Grant> {
  const { token } = await scope.authorization.getAccessTokenFromAuthorizationCodeFlow(request)
    .catch((error: unknown) => { throw exchangeFailure(error, code, services.now()) })
  try {
    return await code.accept({ ...token }, newCall(services, identifyTimeoutMs))
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    // Without a status nobody has been asked yet: it is what the token endpoint has said.
    if (error.status === undefined && error.transport === undefined) throw completeFailure(error)
    throw new HandshakeFailure('accountUnknown', error.message)
  }
}
