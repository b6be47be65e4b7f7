import { findHandshakeByState, listConfirmed } from '@carillon/shared/handshakes'
import { encodeQuery } from '@carillon/http'
import type { CodeHandshake, Provider } from '@carillon/shared/providers'
import type { Services } from '../../services.ts'
import { callbackUrl } from '../handshake-urls.ts'
import { needsConsentPrompt } from './needs-consent-prompt.ts'
import { assertAuthorized, readCallbackQuery } from './callback-query.ts'
import { matchState } from './match-state.ts'
import { obtainGrant } from './obtain-grant.ts'
import type { RedirectFlow } from './redirect-flow.ts'

/** OAuth 2's authorization code. The provider's definition says how the callback is matched with its handshake. */
export function createOAuth2Flow (provider: Provider, code: CodeHandshake, services: Services): RedirectFlow {
  const { database, now } = services
  const callback = callbackUrl(services.site, provider.id)
  return {
    namesHandshake: code.correlation !== 'cookie',
    begin: async (handshake, state, toAuthorizeUrl) => {
      const { consentPromptParameters: more } = code
      const addsMore = more !== undefined && await needsConsentPrompt(database, provider, handshake)
      return addParameters(await toAuthorizeUrl(state), addsMore ? more : {})
    },
    match: code.correlation === 'cookie' ? matchCookie : (query) => matchState(services, provider, query),
    obtain: async (query) => {
      const answer = readCallbackQuery(query)
      assertAuthorized(answer)
      const redirectUri = redirectUriOf(code, callback, answer.state ?? '')
      return await obtainGrant(code, { code: answer.code ?? '', redirectUri }, services)
    }
  }

  /**
   * The callback carries no state, so it is for the one handshake that this browser has open at the provider. When there are
   * more, it is for none. A callback without a code and an error uses nothing up. A code that was used belongs to the handshake
   * that used it.
   */
  async function matchCookie (query: unknown, secrets: string[]): ReturnType<RedirectFlow['match']> {
    const { code, error } = readCallbackQuery(query)
    if (code === undefined && error === undefined) return 'unknownState'
    if (secrets.length === 0) return 'noCookie'
    const token = code === undefined ? undefined : `${provider.id} ${code}`
    const known = token === undefined ? undefined : await findHandshakeByState(database, token, now())
    if (known !== undefined) return { handshake: known }
    const confirmed = await listConfirmed(database, { browsers: secrets, provider: provider.id }, now())
    const [open, ...others] = confirmed.filter(({ status, claimed, isObtained }) => status === 'pending' && !claimed && !isObtained)
    if (others.length > 0) return 'ambiguousAnswer'
    if (open !== undefined) return { handshake: open, token }
    const [latest] = confirmed
    return latest === undefined || latest.status === 'completed' ? 'unknownState' : { handshake: latest }
  }
}

/**
 * RFC 6749 §4.1.3: the token request repeats the redirect_uri of the authorization URL, so both are made from the state. If the
 * redirect_uri does not carry the state, it is exactly the registered one.
 */
export function redirectUriOf ({ correlation }: CodeHandshake, callback: string, state: string): string {
  return correlation === 'redirect-query' ? `${callback}?state=${state}` : callback
}

/**
 * Adds parameters to an authorization URL. Removes an empty `scope`, which RFC 6749 §3.3 does not allow, and encodes spaces as
 * `%20`, because not every server reads `+` as a space.
 */
export function addParameters (authorizeUrl: string, more: Record<string, string> = {}): string {
  const url = new URL(authorizeUrl)
  const parameters = Object.fromEntries([...url.searchParams].filter(([name, value]) => name !== 'scope' || value !== ''))
  return `${url.origin}${url.pathname}?${encodeQuery({ ...parameters, ...more })}`
}
