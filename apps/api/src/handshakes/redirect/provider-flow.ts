import { expectCallback, openPendingAuthorization, sealPendingAuthorization } from '@carillon/shared/handshakes'
import type { Provider, RedirectHandshake } from '@carillon/shared/providers'
import { newRequestContext } from '../../request-context.ts'
import type { Services } from '../../services.ts'
import { callbackUrl } from '../handshake-urls.ts'
import { toBeginFailure, toCompleteFailure } from '../outcome/provider-failure.ts'
import { needsConsentPrompt } from './needs-consent-prompt.ts'
import { assertAuthorized, readCallbackQuery } from './callback-query.ts'
import { matchState } from './match-state.ts'
import type { RedirectFlow } from './redirect-flow.ts'

const timeoutMs = 25_000

/** An OAuth 2 flow that the provider's client runs itself. The handshake keeps its verifier and nonce until the callback. */
export function createProviderFlow (provider: Provider, redirect: RedirectHandshake, services: Services): RedirectFlow {
  const { database, now, site, vault } = services
  const redirectUri = callbackUrl(site, provider.id)
  return {
    namesHandshake: true,
    begin: async (handshake, state) => {
      const { id, account } = handshake
      const input = { account, redirectUri, state, needsConsentPrompt: await needsConsentPrompt(database, provider, handshake) }
      const { authorizeUrl, pending } = await redirect.begin(input, newRequestContext(services, timeoutMs))
        .catch((error: unknown) => { throw toBeginFailure(error, provider) })
      const sealed = sealPendingAuthorization(vault, id, { pending })
      return await expectCallback(database, { id, state, pending: sealed }, now()) ? authorizeUrl : undefined
    },

    match: (query) => matchState(services, provider, query),

    obtain: async (query, handshake) => {
      assertAuthorized(readCallbackQuery(query))
      const authorization = openPendingAuthorization(vault, handshake)
      if (authorization === undefined) throw new Error('The handshake has no pending authorization')
      return await redirect.complete(authorization.pending, withQuery(redirectUri, query), newRequestContext(services, timeoutMs))
        .catch((error: unknown) => { throw toCompleteFailure(error) })
    }
  }
}

function withQuery (redirectUri: string, query: unknown): URL {
  const url = new URL(redirectUri)
  for (const [name, value] of Object.entries(typeof query === 'object' && query !== null ? query : {})) {
    const texts: unknown[] = [value].flat()
    for (const text of texts) url.searchParams.append(name, String(text))
  }
  return url
}
