import { exchangeCode, ProviderError } from '@carillon/shared/providers'
import type { CodeHandshake, Provider, RedirectHandshake, RequestContext } from '@carillon/shared/providers'
import { ConnectFailure } from '../connect-failure.ts'
import { noClient } from '../terminal-providers.ts'
import type { TerminalRedirect } from './by-redirect.ts'

/** A flow that the provider's client runs itself. The callback contains `state`. */
export function createClientRedirect (redirect: RedirectHandshake, context: RequestContext): TerminalRedirect {
  let pending: Record<string, unknown> = {}
  return {
    keyParameter: 'state',
    async begin (redirectUri, state) {
      const authorization = await redirect.begin({ account: null, redirectUri, state, needsConsentPrompt: false }, context)
      pending = authorization.pending
      return authorization.authorizeUrl
    },
    complete: (callback) => redirect.complete(pending, callback, context)
  }
}

/** A flow whose redirect URI contains the key, because the provider does not return `state`. Throws ConnectFailure. */
export function createCodeRedirect ({ id, name }: Provider, handshake: CodeHandshake, context: RequestContext): TerminalRedirect {
  if (handshake.clientId === noClient) throw withoutClient(id)
  if (handshake.correlation !== 'redirect-query') throw new ConnectFailure('failed', `${name} cannot be connected with a browser from a terminal`)
  return {
    keyParameter: 'handshake',
    begin: async (redirectUri) => authorizePage(handshake, redirectUri),
    async complete ({ searchParams }, redirectUri) {
      const code = searchParams.get('code') ?? ''
      const token = await exchangeCode(handshake, { code, redirectUri }, context).catch(throwExchangeFailure)
      return await handshake.accept(token, context)
    }
  }
}

function authorizePage (handshake: CodeHandshake, redirectUri: string): string {
  const url = new URL(handshake.authorizeUrl)
  url.searchParams.set('response_type', 'code')
  url.searchParams.set('client_id', handshake.clientId)
  url.searchParams.set('redirect_uri', redirectUri)
  if (handshake.scope.length > 0) url.searchParams.set('scope', handshake.scope.join(' '))
  return url.href
}

/** Says what the token endpoint did with the code. Errors without a response, such as an abort, stay as they are. */
function throwExchangeFailure (error: unknown): never {
  if (!(error instanceof ProviderError) || error.status === undefined) throw error
  const { host, status } = error
  if (status >= 200 && status < 300) throw new ConnectFailure('failed', `${host} did not return a token`)
  const isRefused = status >= 400 && status < 500
  throw new ConnectFailure('failed', `${host} ${isRefused ? 'refused the code' : 'could not exchange the code'} (HTTP ${status})`)
}

function withoutClient (id: string): ConnectFailure {
  const variable = id.toUpperCase()
  return new ConnectFailure('usage',
    `${variable}_CLIENT_ID and ${variable}_CLIENT_SECRET are not set; or use an access token with --token-stdin`)
}
