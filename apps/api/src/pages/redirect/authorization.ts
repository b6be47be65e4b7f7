import oauth2 from '@fastify/oauth2'
import type { OAuth2Namespace } from '@fastify/oauth2'
import type { FastifyInstance } from 'fastify'
import { encodeQuery } from '@carillon/shared/http'
import type { CodeHandshake } from '@carillon/shared/providers'

declare module 'fastify' {
  interface FastifyInstance {
    authorization: OAuth2Namespace
  }
  interface FastifyRequest {
    /** What ties the provider's answer to its handshake. Set it before `authorization` is used. */
    handshakeState: string
  }
}

/**
 * Decorates `scope` with what makes the provider's authorization URL. The token request is `exchangeCode`'s: the HTTP client
 * inside the plugin takes a 200 with an error for a token, and loses tokens in responses that are not strict JSON.
 */
export async function addAuthorization (scope: FastifyInstance, code: CodeHandshake, callback: string): Promise<void> {
  const authorizeUrl = new URL(code.authorizeUrl)
  const tokenUrl = new URL(code.tokenUrl)
  scope.decorateRequest('handshakeState', '')
  await scope.register(oauth2, {
    name: 'authorization',
    scope: scopeOf(code),
    credentials: {
      client: { id: code.clientId, secret: code.clientSecret },
      auth: {
        authorizeHost: authorizeUrl.origin,
        authorizePath: authorizeUrl.pathname + authorizeUrl.search,
        tokenHost: tokenUrl.origin
      }
    },
    callbackUri: ({ handshakeState }) => redirectUriOf(code, callback, handshakeState),
    generateStateFunction: ({ handshakeState }) => handshakeState,
    // The callback has matched the handshake's row before it asks for the token.
    checkStateFunction: () => true,
    // The plugin keeps the state in a cookie of its own, which is of no use here: it expires as it arrives.
    cookie: { maxAge: 0 }
  })
}

/**
 * RFC 6749 §4.1.3: the token request names the same redirect_uri as the authorization URL, so both are made of the state. Where
 * it does not carry the state, it is the registered one to the letter.
 */
export function redirectUriOf ({ correlation }: CodeHandshake, callback: string, state: string): string {
  return correlation === 'redirect-query' ? `${callback}?state=${state}` : callback
}

/**
 * The URL that the plugin made, with `more` in its query. The plugin sends an empty `scope` where there is none, which RFC 6749
 * §3.3 does not allow, and `+` for a space, which not every server reads as one.
 */
export function toAuthorizeUrl (made: string, more: Record<string, string> = {}): string {
  const url = new URL(made)
  const parameters = Object.fromEntries([...url.searchParams].filter(([name, value]) => name !== 'scope' || value !== ''))
  return `${url.origin}${url.pathname}?${encodeQuery({ ...parameters, ...more })}`
}

/** What parts scopes is the framework's to choose, unless there is only one to send. */
function scopeOf ({ scope, scopeSeparator }: CodeHandshake): string[] {
  return scopeSeparator === undefined || scope.length === 0 ? scope : [scope.join(scopeSeparator)]
}
