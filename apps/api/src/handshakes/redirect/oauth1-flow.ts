import { awaitAnswer, findHandshakeByState, openBegun, sealBegun } from '@carillon/shared/handshakes'
import type { Provider, VerifierHandshake } from '@carillon/shared/providers'
import { newCall } from '../../request-context.ts'
import type { Services } from '../../services.ts'
import { callbackUrl } from '../addresses.ts'
import { textIn } from '../../pages/browser/find-handshake.ts'
import { HandshakeFailure } from '../handshake-failure.ts'
import { beginFailure, completeFailure } from '../provider-failure.ts'
import type { RedirectWay } from '../../pages/redirect/redirect-pages.ts'

const timeoutMs = 25_000

/**
 * OAuth 1.0a: the provider is asked for a request token when the user has confirmed, and the token is what comes back. Nobody
 * tells us of a user who does not allow it: their handshake expires.
 */
export function createOAuth1Way (provider: Provider, verifier: VerifierHandshake, services: Services): RedirectWay {
  const { database, now, site, vault } = services
  return {
    isMarked: true,
    begin: async (_request, _reply, { id, account }, state) => {
      const callback = callbackUrl(site, provider.id)
      const { authorizeUrl, token, pending } = await verifier.begin(account ?? '', callback, newCall(services, timeoutMs))
        .catch((error: unknown) => { throw beginFailure(error, provider) })
      const sealed = sealBegun(vault, id, { pending })
      return await awaitAnswer(database, { id, state, answer: token, pending: sealed }, now()) ? authorizeUrl : undefined
    },

    match: async ({ query }) => {
      const token = textIn(query, verifier.answer.token)
      const handshake = token === '' ? undefined : await findHandshakeByState(database, token, now())
      return handshake?.provider === provider.id ? { handshake } : 'unknownState'
    },

    obtain: async ({ query }, handshake) => {
      const given = textIn(query, verifier.answer.verifier)
      if (given === '') throw new HandshakeFailure('missingCode', 'the provider answered the browser without a verifier')
      const begun = openBegun(vault, handshake)
      if (begun === undefined) throw new Error('A handshake that was begun has nothing pending')
      return await verifier.complete(begun.pending, given, newCall(services, timeoutMs))
        .catch((error: unknown) => { throw completeFailure(error) })
    }
  }
}
