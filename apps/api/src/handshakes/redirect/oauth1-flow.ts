import {
  expectCallback, findHandshakeByState, openPendingAuthorization, sealPendingAuthorization
} from '@carillon/shared/handshakes'
import type { Provider, VerifierHandshake } from '@carillon/shared/providers'
import { newRequestContext } from '../../request-context.ts'
import type { Services } from '../../services.ts'
import { HandshakeFailure } from '../outcome/handshake-failure.ts'
import { callbackUrl } from '../handshake-urls.ts'
import { toBeginFailure, toCompleteFailure } from '../outcome/provider-failure.ts'
import { textIn } from '../text-in.ts'
import type { RedirectFlow } from './redirect-flow.ts'

const timeoutMs = 25_000

/**
 * OAuth 1.0a: the provider gives a request token after the user confirmed, and the callback carries it. The provider does not
 * report that a user denied access: the handshake expires.
 */
export function createOAuth1Flow (provider: Provider, verifier: VerifierHandshake, services: Services): RedirectFlow {
  const { database, now, site, vault } = services
  return {
    namesHandshake: true,
    begin: async ({ id, account }, state) => {
      const callback = callbackUrl(site, provider.id)
      const { authorizeUrl, token, pending } = await verifier.begin(account ?? '', callback, newRequestContext(services, timeoutMs))
        .catch((error: unknown) => { throw toBeginFailure(error, provider) })
      const sealed = sealPendingAuthorization(vault, id, { pending })
      return await expectCallback(database, { id, state, token, pending: sealed }, now()) ? authorizeUrl : undefined
    },

    match: async (query) => {
      const token = textIn(query, verifier.callbackParameters.token)
      const handshake = token === '' ? undefined : await findHandshakeByState(database, token, now())
      return handshake?.provider === provider.id ? { handshake } : 'unknownState'
    },

    obtain: async (query, handshake) => {
      const given = textIn(query, verifier.callbackParameters.verifier)
      if (given === '') throw new HandshakeFailure('missingCode', 'the callback carries no verifier')
      const authorization = openPendingAuthorization(vault, handshake)
      if (authorization === undefined) throw new Error('The handshake has no pending authorization')
      return await verifier.complete(authorization.pending, given, newRequestContext(services, timeoutMs))
        .catch((error: unknown) => { throw toCompleteFailure(error) })
    }
  }
}
