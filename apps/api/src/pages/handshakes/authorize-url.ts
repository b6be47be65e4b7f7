import oauth2 from '@fastify/oauth2'
import type { OAuth2Namespace } from '@fastify/oauth2'
import type { FastifyInstance } from 'fastify'
import type { CodeHandshake } from '@carillon/shared/providers'
import { redirectUriOf } from '../../handshakes/redirect/oauth2-flow.ts'

declare module 'fastify' {
  interface FastifyInstance {
    authorization: OAuth2Namespace
  }
  interface FastifyRequest {
    /** The state of the handshake. Set it before `authorization` is used. */
    handshakeState: string
  }
}

/**
 * Decorates `scope` with `authorization`, which makes the provider's authorization URL. `exchangeCode` makes the token request:
 * the plugin's HTTP client resolves a 200 with an error as a token, and loses tokens in responses that are not strict JSON.
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
    // The callback matches the handshake's row before it requests the token.
    checkStateFunction: () => true,
    // The plugin stores the state in a cookie of its own, which nothing reads. It expires at once.
    cookie: { maxAge: 0 }
  })
}

/** The plugin joins scopes with a space. A provider with another separator gets one joined scope. */
function scopeOf ({ scope, scopeSeparator }: CodeHandshake): string[] {
  return scopeSeparator === undefined || scope.length === 0 ? scope : [scope.join(scopeSeparator)]
}
